// An API behind clerk-edge that believes the gateway's signature alone: it answers with what it was told of the caller.

import { createServer } from 'node:http';

import { assertionCheck, isOutage } from './assertion.mjs';

const { KEYS_URL, AUDIENCE, PORT = '8790' } = process.env;
const check = assertionCheck({ keysUrl: KEYS_URL, audience: AUDIENCE });

/** Whom each path is for; without an entry here it is for signed-in users. */
function sender(url) {
  if (url.startsWith('/public/')) return 'anyone';
  return url === '/webhooks/clerk' ? 'webhook' : 'user';
}

const server = createServer(async (request, response) => {
  try {
    const claims = await check(request, sender(request.url));
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(claims));
  } catch (error) {
    console.error(String(error));
    response.writeHead(isOutage(error) ? 503 : 401).end();
  }
});

server.listen(Number(PORT), '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}`));
