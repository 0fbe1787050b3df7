// Drives work of the core that has to wait: the core hands out the promise, and goes on with what that comes to.

/** A promise of what work comes to. */
export async function finish(work) {
  let now = work;
  while (typeof now?.resume === 'function') now = goOn(now, ...(await settled(now.promise())));
  return now;
}

async function settled(promise) {
  try {
    return [await promise, false];
  } catch (error) {
    return [error, true];
  }
}

/** A core that traps here must be told of, since whoever waits for the work may hand the error on to nobody. */
function goOn(work, answer, failed) {
  try {
    return work.resume(answer, failed);
  } catch (error) {
    reportError(error);
    throw error;
  }
}
