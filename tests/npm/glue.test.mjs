// The generated glue passes a text into the module in one go: whatever the text, the bytes are those of UTF-8.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { encodeAtOnce } from '../../scripts/lib/glue.mjs';
import { root } from '../../scripts/lib/toolchain.mjs';

const GENERATED = `
let cachedUint8ArrayMemory0 = null;
function getUint8ArrayMemory0() {
    return memory;
}

function passStringToWasm0(arg, malloc, realloc) {
    let offset = 0;
    for (; offset < arg.length; offset++) {
        if (arg.charCodeAt(offset) > 0x7F) break;
    }
    getUint8ArrayMemory0().set(cachedTextEncoder.encodeInto(arg));
    WASM_VECTOR_LEN = offset;
    return 0;
}

const cachedTextEncoder = new TextEncoder();

let WASM_VECTOR_LEN = 0;
`;

/** The glue's function over a memory that moves whenever it can, as the module's does when it grows. */
function passing() {
  let memory = new Uint8Array(64);
  let held = 0;
  const move = (length) => {
    const moved = new Uint8Array(memory.length + 64 + length);
    moved.set(memory);
    memory = moved;
  };
  const world = {
    malloc: (length) => {
      move(length);
      held = length;
      return 32;
    },
    realloc: (ptr, old, length) => {
      assert.deepEqual([ptr, old], [32, held]);
      move(length);
      held = length;
      return ptr;
    },
  };
  const made = new Function('memoryOf', `${encodeAtOnce(GENERATED).replace('return memory', 'return memoryOf()')}; return (...args) => [passStringToWasm0(...args), WASM_VECTOR_LEN];`);
  const pass = made(() => memory);
  return (text) => {
    const [ptr, length] = pass(text, world.malloc, world.realloc);
    assert.equal(held, length, 'what is freed is as long as what was taken');
    return memory.slice(ptr, ptr + length);
  };
}

const TEXTS = ['', 'a', 'x'.repeat(5_000), 'é', 'abcé', 'éabc', 'a€', '€'.repeat(700), '😀', 'ab😀c', '😀'.repeat(500), 'a\ud800', '\udc00a', '\ud800\ud800\udc00', 'nul \u0000 nul'];

for (const text of TEXTS) {
  test(`${JSON.stringify(text.slice(0, 12))} of ${text.length}`, () => assert.deepEqual(passing()(text), new TextEncoder().encode(text)));
}

test("the package's own glue is changed", () => {
  const glue = readFileSync(join(root, 'pkg', 'src', 'wasm', 'core_bg.js'), 'utf8');
  assert.ok(glue.includes('function passStringToWasm0(') && !glue.includes('charCodeAt'));
});

test('a glue that is another is refused', () => {
  for (const [from, to] of [['function passStringToWasm0(arg, malloc, realloc)', 'function passStringToWasm0(arg, malloc)'], ['encodeInto', 'encode'], ['    WASM_VECTOR_LEN', '    LENGTH']]) {
    assert.throws(() => encodeAtOnce(GENERATED.replace(from, to)), /another function than is known/, from);
  }
});
