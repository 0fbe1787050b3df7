// The clients of an API that speaks JSON: by fetch and by axios, with an OpenAPI document and without.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { startIssuer } from '../worker/support.mjs';
import { behaves, expiredFirst } from './behaviour.mjs';
import { compile, installClients, load, makeProject, write } from './project.mjs';
import { startRest } from './servers.mjs';

let issuer, server, authErrorIn;

before(async () => {
  await installClients();
  ({ authErrorIn } = await import('clerk-edge/client'));
  issuer = await startIssuer();
  server = await startRest(issuer);
});
after(() => (server?.close(), issuer?.close()));

const CLIENTS = {
  'rest, with a document': { app: 'document', args: ['rest', 'src/api', '--openapi', 'openapi.json'] },
  rest: { app: 'rest-plain', args: ['rest', 'src/api'] },
  'axios, with a document': { app: 'document', args: ['axios', 'src/api', '--openapi', 'openapi.json'] },
  axios: { app: 'axios-plain', args: ['axios', 'src/api'] },
};

for (const [name, { app, args }] of Object.entries(CLIENTS)) {
  describe(name, () => {
    const isDescribed = args.includes('--openapi');
    let project, application;

    before(async () => {
      project = makeProject({ files: { 'openapi.json': 'openapi.json', 'src/main.ts': `apps/${app}.ts` } });
      await write(project, ...args);
      await compile(project);
      application = await load(project);
    });

    const start = (options) => ({ calls: application.start(server.url, options), server });
    start.context = () => ({ issuer, authErrorIn });
    behaves(start, { attachesWhereAsked: isDescribed });

    if (isDescribed) {
      test('without an exception, the error is the same', async () => {
        const calls = application.start(server.url, { getToken: async () => null });
        const answer = await calls.meWithoutException();
        // What axios would throw is what its calls return.
        assert.equal(authErrorIn(args[0] === 'axios' ? answer : answer.error).code, 'signed_out');
      });
    }

    if (app === 'rest-plain') {
      test('parameters, no content, and answers that are none of those', async () => {
        const calls = application.start(server.url, await expiredFirst(issuer));
        assert.equal(await calls.remove(), undefined);
        assert.deepEqual(await calls.tagged(), ['a b', '1&2'].map((text) => ({ id: 'note_1', text })));
        await assert.rejects(calls.wrong(), (error) => error instanceof application.AnswerError && error.issues[0].path[0] === 'id');
        await assert.rejects(calls.missing(), (error) => error instanceof application.ApiError && error.status === 404);
      });
    }

    test('no secret is in what was written, and no folder of this machine', () => {
      const text = ['index.ts', ...(isDescribed ? ['generate.mjs'] : [])].map((file) => readFileSync(join(project, 'src', 'api', file), 'utf8')).join('');
      assert.doesNotMatch(text, /sk_(test|live)_|whsec_|eyJ|\/tmp\/|\/root\//);
    });
  });
}
