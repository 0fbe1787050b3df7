// FastAPI projects of Poetry's, in its own form and in that of every tool (PEP 621): Poetry checks what `clerk-edge init` made of
// pyproject.toml, installs it, and the tests pass in what it installed.

import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { delimiter, dirname } from 'node:path';
import { describe, test } from 'node:test';

import { poetry, preparePoetry, unless } from '../../scripts/lib/outside.mjs';
import { paths } from '../../scripts/lib/toolchain.mjs';
import { init, makeProject, output } from './support.mjs';

await preparePoetry();
const skip = unless(poetry(), 'Python', "FastAPI projects of Poetry's that clerk-edge init sets up");

/** The index that pip asks, in the form that every index has. Not each has the other one that Poetry asks for by itself. */
const index = () => `
[[tool.poetry.source]]
name = "index"
url = "${process.env.PIP_INDEX_URL ?? execFileSync(poetry().replace(/poetry$/, 'python'), ['-c', 'from pip._internal.models.index import PyPI; print(PyPI.simple_url)'], { encoding: 'utf8' }).trim()}"
priority = "primary"
`;

const env = () => ({
  ...process.env,
  PATH: [dirname(poetry()), process.env.PATH].join(delimiter),
  POETRY_VIRTUALENVS_IN_PROJECT: 'true',
  POETRY_NO_INTERACTION: '1',
});

describe("FastAPI in projects of Poetry's", { skip, concurrency: true }, () => {
  test('in its own form: init installs with it', { timeout: 300_000 }, async () => {
    const folder = makeProject('poetry-own', {
      'pyproject.toml': `[tool.poetry]\npackage-mode = false\n\n[tool.poetry.dependencies]\npython = "^3.11"\nfastapi = "0.165.0"\n${index()}`,
    });
    const { status, stderr } = spawnSync(paths.cli, ['init', '--install'], { cwd: folder, encoding: 'utf8', env: env() });
    assert.equal(status, 0, stderr);
    assert.match(stderr, /^clerk-edge: running poetry install$/m);
    await passes(folder);
  });

  test('in the form of every tool, with a lock file that is older than what is asked for', { timeout: 300_000 }, async () => {
    const folder = makeProject('poetry-project', {
      'pyproject.toml': `[project]\nname = "shop"\nversion = "0.1.0"\nrequires-python = ">=3.11,<4"\ndependencies = ["fastapi==0.165.0"]\n\n[tool.poetry]\npackage-mode = false\n${index()}\n[build-system]\nrequires = ["poetry-core>=2"]\nbuild-backend = "poetry.core.masonry.api"\n`,
    });
    await output(poetry(), ['lock'], folder, env());
    const { status, stderr } = spawnSync(paths.cli, ['init', '--install'], { cwd: folder, encoding: 'utf8', env: env() });
    assert.equal(status, 0, stderr);
    assert.match(stderr, /^clerk-edge: running poetry lock$/m);
    assert.match(stderr, /^clerk-edge: next: poetry install$/m);
    await output(poetry(), ['install'], folder, env());
    await passes(folder);
  });
});

async function passes(folder) {
  await output(poetry(), ['check', '--lock'], folder, env());
  assert.match(await output(poetry(), ['run', 'pytest', '-q'], folder, env()), /^[1-9]\d+ passed/m);
  assert.deepEqual(init(folder), []);
}
