// Work of the core that has to wait: the core hands out the promise, and goes on with what that comes to.

/** What work comes to, or a promise of it. Most work waits for nothing, or for one check of a signature. */
export function finished(core, work) {
  return work instanceof core.Waiting ? waited(core, work) : work;
}

async function waited(core, work) {
  let now = work;
  while (now instanceof core.Waiting) {
    let answer;
    let failed = false;
    try {
      answer = await now.promise();
    } catch (error) {
      [answer, failed] = [error, true];
    }
    now = now.resume(answer, failed);
  }
  return now;
}
