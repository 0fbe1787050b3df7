// The origin behind every gateway, in a process of its own: it answers with the user that it was told of.

import { createServer } from 'node:http';
import { createInterface } from 'node:readline';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

import { end, start } from '../../scripts/lib/processes.mjs';

/** What it answers to a request that comes from a user. */
export const answerTo = (user) => JSON.stringify({ user });

/** Starts it. */
export async function startOrigin() {
  const child = start(process.execPath, [fileURLToPath(import.meta.url)], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [port] = await once(createInterface(child.stdout), 'line');
  return { url: `http://127.0.0.1:${port}`, close: () => end(child) };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const server = createServer(({ headers }, response) => {
    const body = answerTo(headers['x-clerk-user-id'] ?? headers['x-user-id'] ?? null);
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length }).end(body);
  });
  // A gateway keeps its connections; none is to be closed while it is measured.
  server.keepAliveTimeout = 0;
  server.listen(0, '127.0.0.1', () => process.stdout.write(`${server.address().port}\n`));
}
