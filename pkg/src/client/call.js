// What a caller of `fetch` asks for, so that it can be sent twice.

/** What can be read again and again; a stream can not. */
const REREADABLE = [ArrayBuffer, Blob, FormData, URLSearchParams];

/** From the arguments of `fetch`; an address may be relative to `base`. */
export function readCall(input, init = {}, base) {
  const request = typeof input?.clone === 'function' ? input : undefined;
  const url = new URL(request?.url ?? input, base);
  return {
    url,
    method: (init.method ?? request?.method ?? 'GET').toUpperCase(),
    signal: init.signal === undefined ? request?.signal : init.signal,
    headers: new Headers(init.headers ?? request?.headers),
    isReplayable: isReplayable(init.body),
    /** A `Request` is sent as a copy, which leaves its body for the next time. */
    send: (fetch, headers, signal) => fetch(request?.clone() ?? url.href, { ...init, headers, signal }),
  };
}

function isReplayable(body) {
  if (body === undefined || body === null || typeof body === 'string' || ArrayBuffer.isView(body)) return true;
  return REREADABLE.some((kind) => body instanceof kind);
}
