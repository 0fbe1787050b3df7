// A request of any host as the core takes it: a method, an absolute address, and names and values of headers by turns.

/** From a `Request`, a Node request, or an object of `method`, `url` and `headers`. */
export function describe(request, ownOrigin) {
  const headers = flat(request.rawHeaders ?? request.headers);
  return { method: request.method ?? 'GET', url: address(request, headers, ownOrigin), headers };
}

/** Node keeps every value in `rawHeaders`, where `headers` drops the second `Authorization`. */
function flat(headers) {
  if (Array.isArray(headers) && headers.every((part) => typeof part === 'string')) return headers;
  if (headers === undefined || headers === null) return [];
  const pairs = typeof headers[Symbol.iterator] === 'function' ? [...headers] : Object.entries(headers);
  return pairs.flatMap(([name, value]) => [value].flat().filter((one) => one !== undefined).flatMap((one) => [String(name), String(one)]));
}

function address(request, headers, ownOrigin) {
  const target = request.originalUrl ?? request.url ?? '/';
  if (/^https?:\/\//i.test(target)) return ownOrigin ? ownOrigin + target.replace(/^https?:\/\/[^/?#]*/i, '') : target;
  const path = target.startsWith('/') ? target : `/${target}`;
  if (ownOrigin) return ownOrigin + path;
  const at = headers.findIndex((name, index) => index % 2 === 0 && name.toLowerCase() === 'host');
  const scheme = request.socket?.encrypted ? 'https' : 'http';
  return `${scheme}://${at < 0 ? 'localhost' : headers[at + 1]}${path}`;
}
