// What the gateway asks of JavaScript beside requests and answers: keys, KV, counters and time. No wait is longer than its limit.

/** What `work` comes to, unless that takes longer. */
async function within(milliseconds, work) {
  let timer;
  const limit = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${milliseconds / 1000} s`)), milliseconds);
  });
  try {
    return await Promise.race([work(), limit]);
  } finally {
    clearTimeout(timer);
  }
}

/** The body of a 200 answer of at most so many bytes. */
export async function fetchKeySet(url, bearer, most, milliseconds) {
  const controller = new AbortController();
  const headers = { accept: 'application/json', ...(bearer !== undefined && { authorization: `Bearer ${bearer}` }) };
  try {
    return await within(milliseconds, async () => {
      const answer = await fetch(url, { headers, redirect: 'manual', signal: controller.signal });
      if (answer.status !== 200) throw new Error(`the key server answered ${answer.status}`);
      return read(answer.body, most);
    });
  } catch (error) {
    // What is still on its way is not wanted.
    controller.abort();
    throw error;
  }
}

/** A value of KV, if there is one. */
export function load(store, key, most, milliseconds) {
  return within(milliseconds, async () => {
    const value = await store.get(key, 'stream');
    return value === null ? undefined : read(value, most);
  });
}

/** Puts a value into KV. Its bytes belong to the core, which goes on before they are written. */
export function save(store, key, value, seconds, milliseconds) {
  const own = value.slice();
  return within(milliseconds, () => store.put(key, own, { expirationTtl: seconds }));
}

/** Whether a rate-limit binding lets one more request pass. */
export function count(binding, key, milliseconds) {
  return within(milliseconds, async () => {
    const { success } = await binding.limit({ key });
    if (typeof success !== 'boolean') throw new Error('the counter does not say whether it is within the limit');
    return success;
  });
}

export function pause(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** A request's body, or as much of it as shows that it is too long. What breaks off is not what was signed, and so needs no error. */
export async function readBody(request, most) {
  const chunks = [];
  try {
    await collect(request.body, most, chunks);
  } catch {}
  return joined(chunks);
}

async function read(stream, most) {
  const chunks = [];
  await collect(stream, most, chunks);
  const bytes = joined(chunks);
  if (bytes.length > most) throw new Error(`longer than ${most} bytes`);
  return bytes;
}

/** The chunks of a stream up to the one that is too much; those that came stay, too, where it breaks off. */
async function collect(stream, most, chunks) {
  if (!stream) return;
  const reader = stream.getReader();
  for (let length = 0; length <= most; length += chunks.at(-1).length) {
    const { done, value } = await reader.read();
    if (done) return;
    chunks.push(value);
  }
  // Whether that goes well concerns nobody any more.
  reader.cancel().catch(() => {});
}

function joined(chunks) {
  if (chunks.length === 1) return chunks[0];
  const bytes = new Uint8Array(chunks.reduce((length, chunk) => length + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}
