// The providers for React, rendered; and every kind of client with every way in which modules find each other, compiled.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { startIssuer } from '../worker/support.mjs';
import { expiredFirst } from './behaviour.mjs';
import { MODULES, client, compile, folder, installClients, load, makeProject, write } from './project.mjs';
import { startGraphql, startRest, startTrpc } from './servers.mjs';

const DOCUMENT = { 'openapi.json': 'openapi.json' };
const SCHEMA = { 'schema.graphql': 'schema.graphql' };
const ROUTER = { 'src/server/router.ts': 'apps/router.ts' };

const PROVIDERS = {
  rest: { app: 'react-context', args: ['rest', 'src/api'], serve: startRest },
  graphql: { app: 'react-graphql', args: ['graphql', 'src/api', '--schema', 'schema.graphql'], files: SCHEMA, serve: (issuer) => startGraphql(issuer, readFileSync(join(folder, 'schema.graphql'), 'utf8')) },
  trpc: { app: 'react-trpc', args: ['trpc', 'src/api', '--router', 'src/server/router.ts'], files: ROUTER, serve: (issuer, { makeRouter }) => startTrpc(issuer, makeRouter) },
};

let issuer;
before(async () => {
  await installClients();
  issuer = await startIssuer();
});
after(() => issuer?.close());

for (const [name, { app, args, files, serve }] of Object.entries(PROVIDERS)) {
  test(`${name}: a component below the provider gets a client with the session's tokens`, async () => {
    const project = makeProject({ files: { ...files, 'src/main.ts': `apps/${app}.ts` } });
    await write(project, ...args, '--react');
    assert.match(readFileSync(join(project, 'src', 'api', 'react.ts'), 'utf8'), /import { getToken } from '@clerk\/react';/);
    await compile(project);
    const application = await load(project);
    const server = await serve(issuer, application);
    const { createElement } = await import('react');
    const { renderToString } = await import('react-dom/server');
    let api;
    const component = createElement(application.Component, { use: (given) => (api = given) });
    const { getToken, refreshes } = await expiredFirst(issuer);
    assert.equal(renderToString(createElement(application.Provider, { ...application.props(server.url), getToken }, component)), '<p>rendered</p>');
    assert.equal(await application.me(api), 'user_ada');
    assert.deepEqual([server.requests.length, refreshes()], [2, 1]);
    if (name === 'rest') assert.throws(() => renderToString(component), /there is no ApiProvider around this component/);
    server.close();
  });
}

describe('every kind compiles, however modules are found', () => {
  const KINDS = {
    rest: ['rest', 'src/api'],
    'rest with a document': ['rest', 'src/api', '--openapi', 'openapi.json'],
    axios: ['axios', 'src/api'],
    'axios with a document': ['axios', 'src/api', '--openapi', 'openapi.json'],
    graphql: ['graphql', 'src/api', '--schema', 'schema.graphql'],
    trpc: ['trpc', 'src/api', '--router', 'src/server/router.ts'],
  };
  for (const modules of Object.keys(MODULES)) {
    for (const [kind, args] of Object.entries(KINDS)) {
      test(`${kind}, ${modules}`, async () => {
        const operation = kind === 'graphql' ? { 'src/operation.ts': `apps/operation-${modules}.ts` } : {};
        const project = makeProject({ modules, files: { ...DOCUMENT, ...SCHEMA, ...ROUTER, ...operation } });
        await write(project, ...args, '--react');
        await compile(project);
      });
    }
  }
});

describe("every kind compiles with Clerk's package for Next.js", () => {
  const dependencies = { next: '16.4.6', react: '19.3.1' };
  for (const [name, { args, files = {} }] of Object.entries(PROVIDERS)) {
    test(name, async () => {
      const operation = name === 'graphql' ? { 'src/operation.ts': 'apps/operation-bundler.ts' } : {};
      const project = makeProject({ modules: 'bundler', files: { ...files, ...operation, 'src/app/layout.ts': `apps/next-${name}.ts` }, dependencies });
      const { written } = await write(project, ...args, '--react');
      assert.deepEqual([written.dependencies['@clerk/nextjs'], written.dependencies['@clerk/react']], ['7.9.17', undefined]);
      assert.match(readFileSync(join(project, 'src', 'api', 'react.ts'), 'utf8'), /^'use client';\n[^]*import { getToken } from '@clerk\/nextjs';/);
      await compile(project);
    });
  }
});

test('a project with the package that @clerk/react took the place of is told so', async () => {
  const project = makeProject({ dependencies: { '@clerk/clerk-react': '5.61.11' } });
  const { stderr } = await client(project, 'rest', 'src/api', '--react');
  assert.match(stderr, /^clerk-edge: @clerk\/clerk-react is no longer supported; tokens come from @clerk\/react, which takes its place$/m);
});
