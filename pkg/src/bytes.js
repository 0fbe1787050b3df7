// Reads a body of a stranger's: never more of it than shows that it is too long.

/** The bytes of a stream; of a longer one than `limit`, its beginning, which is longer than `limit` too. */
export async function readAtMost(stream, limit) {
  const chunks = [];
  let length = 0;
  for await (const chunk of chunksOf(stream)) {
    chunks.push(chunk);
    length += chunk.byteLength;
    if (length > limit) break;
  }
  const bytes = new Uint8Array(length);
  chunks.reduce((at, chunk) => (bytes.set(chunk, at), at + chunk.byteLength), 0);
  return bytes;
}

/** Not every host lets a stream be iterated. */
async function* chunksOf(stream) {
  const reader = stream?.getReader();
  try {
    for (let next = await reader?.read(); next && !next.done; next = await reader.read()) yield next.value;
  } finally {
    reader?.cancel().catch(() => {});
  }
}
