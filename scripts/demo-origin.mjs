// The API behind the demo's gateway: it answers every request with what it got, so that one sees what the gateway sent on.

import { createServer } from 'node:http';

const server = createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url, 'http://origin');
  const answer = pathname.endsWith('/stream') ? stream : echo;
  answer(request, response, { method: request.method, path: pathname, query: Object.fromEntries(searchParams) });
});

/** Everything the gateway sent. */
async function echo(request, response, line) {
  const body = Buffer.concat(await request.toArray().catch(() => [])).toString();
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(`${JSON.stringify({ ...line, headers: request.headers, ...(body && { body }) }, null, 2)}\n`);
}

/** Five lines, one each half second: bodies pass through as they come. */
function stream(request, response, line) {
  response.writeHead(200, { 'content-type': 'text/plain' });
  let left = 5;
  const timer = setInterval(() => {
    response.write(`${line.path}: ${left} to go\n`);
    left -= 1;
    if (left < 0) response.end();
  }, 500);
  response.once('close', () => clearInterval(timer));
}

server.listen(Number(process.argv[2] ?? 0), '127.0.0.1', () => {
  process.stdout.write(`${JSON.stringify({ url: `http://127.0.0.1:${server.address().port}` })}\n`);
});
