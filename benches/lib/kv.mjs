// A namespace of Workers KV for one instance of workerd, as workerd asks for it: over HTTP, a path a key.

import { once } from 'node:events';
import { createServer } from 'node:http';

/** Starts it; `isEmpty` makes it forget what it is told, so that every start finds nothing. */
export async function startKv() {
  const held = new Map();
  const state = { isEmpty: false };
  const server = createServer(async (request, response) => {
    const key = new URL(request.url, 'http://kv').pathname;
    const body = Buffer.concat(await request.toArray());
    if (request.method === 'PUT') {
      if (!state.isEmpty) held.set(key, body);
      return response.end();
    }
    return held.has(key) && !state.isEmpty ? response.end(held.get(key)) : response.writeHead(404).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return Object.assign(state, { port: server.address().port, held, close: () => (server.closeAllConnections(), server.close()) });
}
