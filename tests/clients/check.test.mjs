// `--check`: what continuous integration asks, of what was written and of what was generated.

import assert from 'node:assert/strict';
import { appendFileSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';

import { client, generate, installClients, makeProject, write } from './project.mjs';

before(installClients);

const KINDS = {
  openapi: { args: ['rest', 'src/api', '--openapi', 'openapi.json', '--react'], description: 'openapi.json', from: '"text"', to: '"title"', shown: /^\+\s+title: string;$/m },
  graphql: { args: ['graphql', 'src/api', '--schema', 'schema.graphql'], description: 'schema.graphql', from: 'userId: ID!', to: 'userId: ID', shown: /^\+.*userId: string \| null/m },
};

for (const [name, { args, description, from, to, shown }] of Object.entries(KINDS)) {
  test(`${name}: what differs is shown, exits with 1, and is left as it is`, async () => {
    const files = { [description]: description, 'src/operation.ts': 'apps/operation-nodenext.ts' };
    const project = makeProject({ files });
    await write(project, ...args);
    const inSync = await client(project, ...args, '--check');
    assert.deepEqual([inSync.code, inSync.stdout], [0, ''], inSync.stderr);

    const path = (file) => join(project, file);
    const differs = async (...expected) => {
      const before = everything(project);
      const { code, stdout, stderr } = await client(project, ...args, '--check');
      assert.equal(code, 1, stderr);
      for (const part of expected) assert.match(stdout, part);
      assert.match(stderr, /differs? from what would be written and generated \(hint: /);
      assert.deepEqual(everything(project), before, 'nothing was written');
    };

    const entry = readFileSync(path('src/api/index.ts'), 'utf8');
    writeFileSync(path('src/api/index.ts'), entry.replace('throwRefusals: true, ', ''));
    await differs(/^--- a\/src\/api\/index.ts$/m, /^\+.*throwRefusals: true/m);
    writeFileSync(path('src/api/index.ts'), entry);

    const described = readFileSync(path(description), 'utf8');
    writeFileSync(path(description), described.replaceAll(from, to));
    await differs(/^--- a\/src\/api\/gen\//m, shown);
    await generate(project);
    assert.equal((await client(project, ...args, '--check')).code, 0, 'generated anew');

    const generated = readdirSync(path('src/api/gen')).find((file) => file.endsWith('.ts'));
    appendFileSync(path(`src/api/gen/${generated}`), '// by hand\n');
    await differs(/^-.*\/\/ by hand$/m);
    rmSync(path(`src/api/gen/${generated}`));
    await differs(/^--- \/dev\/null$/m);
    await generate(project);
    writeFileSync(path('src/api/gen/left-over.ts'), 'export {};\n');
    await differs(/^\+\+\+ \/dev\/null$/m);
  });
}

/** Every file of a project with its text. */
function everything(project) {
  const files = readdirSync(project, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return files.map(({ parentPath, name }) => [join(parentPath, name), readFileSync(join(parentPath, name), 'utf8')]);
}
