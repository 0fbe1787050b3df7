// FastAPI projects: an empty folder, an application in one file with requirements.txt, and a package below src/.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { freePort, launchServer } from '../../scripts/lib/launch.mjs';
import { preparePython, python, unless } from '../../scripts/lib/outside.mjs';
import { end } from '../../scripts/lib/processes.mjs';
import { root } from '../../scripts/lib/toolchain.mjs';
import { startIssuer } from '../worker/support.mjs';
import { FRONT_END, conformance, fillInEnv, hasConformance, init, makeProject, output, request } from './support.mjs';

await preparePython();
const skip = unless(python(), 'Python', 'FastAPI projects that clerk-edge init sets up');

const APPLICATION = `from fastapi import FastAPI

app = FastAPI()


@app.get("/")
async def home() -> dict[str, str]:
    return {"hello": "world"}
`;

const titles = [];
/** Those whose servers run, by title. */
const running = new Map();
after(async () => {
  for (const { server, issuer } of running.values()) {
    if (server) await end(server);
    await issuer.close();
  }
});

check('FastAPI in an empty folder', { name: 'fastapi-new', files: {}, module: 'app.main', folder: 'app', framework: 'fastapi', manifest: 'pyproject.toml' });

check('FastAPI in one file, with requirements.txt', {
  name: 'fastapi-flat',
  files: { 'main.py': APPLICATION, 'requirements.txt': 'fastapi==0.165.0\n' },
  module: 'main',
  folder: '.',
  manifest: 'requirements.txt',
});

check('FastAPI in a package below src/', {
  name: 'fastapi-src',
  files: {
    'pyproject.toml': '[project]\nname = "shop"\nversion = "0.1.0"\nrequires-python = ">=3.11"\ndependencies = ["fastapi==0.165.0"]\n',
    'src/shop/__init__.py': '',
    'src/shop/main.py': APPLICATION,
  },
  module: 'shop.main',
  folder: 'src/shop',
  manifest: 'pyproject.toml',
  options: ['--app-dir', 'src'],
});

// Most of it is waiting, for keys to be asked for again above all, so they wait side by side.
describe('clerk-edge test', { concurrency: true, skip: skip || (!hasConformance() && 'this build has no such command') }, () => {
  for (const title of titles) {
    test(`finds nothing wrong that must be right with ${title}`, { timeout: 300_000 }, async () => {
      const { project, issuer, server } = running.get(title);
      const { checks } = await conformance(project, server.url, issuer);
      assert.ok(checks.filter(({ severity, status }) => severity === 'must' && status === 'passed').length > 20);
      assert.deepEqual(checks.filter(({ severity, status }) => severity === 'must' && status === 'failed'), []);
    });
  }
});

/** The whole way of one project. `framework` is named where the project does not tell it. */
function check(title, { name, files, module, folder, framework, manifest, options = [] }) {
  titles.push(title);
  describe(title, { skip }, () => {
    let project;
    const run = (...args) => output(python(), ['-m', ...args], project, { PYTHONDONTWRITEBYTECODE: '1', MYPYPATH: options.at(-1) ?? '' });

    before(() => (project = makeProject(name, files)));

    test('init writes beside the application, leaves it alone, and has nothing to do again', () => {
      const written = init(project, ...(framework ? [framework] : []));
      assert.ok(written.includes(join(folder, 'clerk_auth', 'session.py')) && written.includes(manifest), String(written));
      for (const [path, content] of Object.entries(files).filter(([path]) => path.endsWith('.py'))) {
        assert.equal(readFileSync(join(project, path), 'utf8'), content, path);
      }
      assert.deepEqual(init(project), []);
    });

    test('asks for the very versions that are tested here', () => {
      const tested = readFileSync(join(root, 'tests', 'requirements.txt'), 'utf8').split('\n');
      const asked = readFileSync(join(project, manifest), 'utf8').match(/[a-z0-9-]+==[0-9.]+/g);
      assert.ok(asked.length >= 6, String(asked));
      for (const requirement of asked) assert.ok(tested.includes(requirement), requirement);
    });

    test('type-checks strictly', { timeout: 300_000 }, async () => {
      assert.match(await run('mypy', '--strict', '--cache-dir', '../.mypy_cache', ...(folder === '.' ? ['.'] : ['tests', folder])), /^Success: no issues found/);
    });

    test('its own tests pass', { timeout: 120_000 }, async () => {
      assert.match(await run('pytest', '-q', '-p', 'no:cacheprovider'), /^\d+ passed/m);
    });

    test('its server starts', { timeout: 60_000 }, async () => {
      const issuer = await startIssuer();
      running.set(title, { project, issuer });
      fillInEnv(project, issuer);
      if (files[join(folder, 'main.py')]) follow(join(project, folder, 'main.py'), module);
      running.get(title).server = await startServer(project, module, options);
    });

    describe('its server', () => requests(() => running.get(title)));
  });
}

/** Does what `init` says comes next in an application that is there. */
function follow(path, module) {
  const parent = module.includes('.') ? `${module.split('.')[0]}.` : '';
  const [first, ...rest] = readFileSync(path, 'utf8').split('app = FastAPI()\n');
  const imports = `from ${parent}clerk_auth import protect\nfrom ${parent}clerk_auth.routes import router\n`;
  writeFileSync(path, `${first}${imports}app = FastAPI()\nprotect(app)\napp.include_router(router)\n${rest.join('')}`);
}

async function startServer(project, module, options) {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const args = ['-m', 'uvicorn', `${module}:app`, '--host', '127.0.0.1', '--port', `${port}`, ...options];
  const env = { PATH: process.env.PATH, HOME: process.env.HOME, NO_PROXY: '*', PYTHONDONTWRITEBYTECODE: '1' };
  const { child } = await launchServer(`uvicorn in ${project}`, python(), args, { url: `${url}/api/health`, cwd: project, env });
  return Object.assign(child, { url });
}

/** A handful of requests that say whether the parts are wired. */
function requests(running) {
  const send = (path, init) => request(running().server.url, path, init);
  const bearer = async (request) => ({ Authorization: `Bearer ${await running().issuer.token({ authorized_party: FRONT_END, ...request })}` });

  test('asks for a session, with a challenge that a page may read', async () => {
    const { status, headers, json } = await send('/api/protected', { headers: { Origin: FRONT_END } });
    assert.deepEqual([status, json.code], [401, 'credentials-missing']);
    assert.match(headers.get('WWW-Authenticate'), /^Bearer /);
    assert.equal(headers.get('Access-Control-Allow-Origin'), FRONT_END);
    assert.match(headers.get('Access-Control-Expose-Headers'), /WWW-Authenticate/i);
  });

  test('lets sessions in as far as they may go', async () => {
    const organization = (role) => bearer({ organization: { id: 'org_1', role } });
    const { status, headers, json } = await send('/api/protected', { headers: await bearer({ user: 'user_1' }) });
    assert.deepEqual([status, json.userId, headers.get('Cache-Control')], [200, 'user_1', 'private, no-store']);
    for (const [path, role, expected] of [
      ['/api/admin', 'member', 403],
      ['/api/admin', 'admin', 200],
      ['/api/orgs/org_1', 'member', 200],
      ['/api/orgs/org_2', 'admin', 403],
    ]) {
      assert.equal((await send(path, { headers: await organization(role) })).status, expected, `${path} ${role}`);
    }
    assert.deepEqual((await send('/api/optional')).json, { userId: null });
  });

  test('takes webhooks that Clerk signed', async () => {
    const { server, issuer } = running();
    assert.equal((await send('/api/webhooks/clerk', { method: 'POST', body: '{}' })).status, 400);
    const delivery = { url: `${server.url}/api/webhooks/clerk`, type: 'user.created', id: 'msg_1' };
    assert.equal((await issuer.webhook(delivery)).status, 204);
    assert.equal((await issuer.webhook({ ...delivery, secret: 'whsec_YW5vdGhlciBzZWNyZXQ=' })).status, 400);
  });
}
