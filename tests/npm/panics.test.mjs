// What makes the core small takes out panics, and nothing else: a module of a few lines before and after.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { withoutPanics } from '../../scripts/lib/panics.mjs';
import { WASM_TARGET, buildEnv, root } from '../../scripts/lib/toolchain.mjs';

const SOURCE = `
#![no_std]

static SQUARES: [u32; 4] = [1, 4, 9, 16];
static WORDS: &str = "words of the panic alone";
static SHARED: &str = "words of both";

#[no_mangle]
pub extern "C" fn square(place: usize) -> u32 {
    if place >= SQUARES.len() { begin_panic(WORDS) }
    SQUARES[place]
}

#[no_mangle]
pub extern "C" fn length(place: usize) -> usize {
    if place > 0 { begin_panic(SHARED) }
    core::hint::black_box(SHARED).len()
}

#[no_mangle]
pub extern "C" fn first_letter() -> u8 { core::hint::black_box(SHARED).as_bytes()[0] }

#[no_mangle]
#[inline(never)]
fn begin_panic(words: &str) -> ! { tell(words) }

static mut TOLD: u32 = 0;

/// Needed by the panic alone.
#[inline(never)]
fn tell(words: &str) -> ! {
    for byte in words.bytes() { unsafe { TOLD = TOLD.wrapping_mul(31).wrapping_add(byte as u32) } }
    loop { core::hint::spin_loop(); if core::hint::black_box(false) { break } }
    core::arch::wasm32::unreachable()
}

#[panic_handler]
fn handle(_: &core::panic::PanicInfo) -> ! { core::arch::wasm32::unreachable() }
`;

const isPanic = (symbol) => symbol === 'begin_panic';

let folder;
let module;

before(() => {
  folder = mkdtempSync(join(tmpdir(), 'clerk-edge-panics-'));
  writeFileSync(join(folder, 'small.rs'), SOURCE);
  const flags = ['--target', WASM_TARGET, '--crate-type', 'cdylib', '--edition', '2021', '-Copt-level=2', '-Cpanic=abort', '-Clink-arg=--emit-relocs'];
  execFileSync('rustc', [...flags, 'small.rs', '-o', 'small.wasm'], { cwd: folder, env: { ...buildEnv(), RUSTUP_TOOLCHAIN: toolchain() }, stdio: ['ignore', 'ignore', 'inherit'] });
  module = readFileSync(join(folder, 'small.wasm'));
});

after(() => rmSync(folder, { recursive: true, force: true }));

/** The toolchain of the repository, which a folder elsewhere would not choose. */
function toolchain() {
  return readFileSync(join(root, 'rust-toolchain.toml'), 'utf8').match(/^channel = "(.+)"$/m)[1];
}

async function instantiate(bytes) {
  return (await WebAssembly.instantiate(bytes)).instance.exports;
}

test('what the module computes stays, and a panic becomes a trap', async () => {
  const small = await instantiate(withoutPanics(module, isPanic));
  assert.deepEqual([0, 1, 2, 3].map((place) => small.square(place)), [1, 4, 9, 16]);
  assert.equal(small.length(0), 13);
  assert.equal(small.first_letter(), 'w'.charCodeAt());
  for (const refused of [() => small.square(4), () => small.length(1)]) assert.throws(refused, WebAssembly.RuntimeError);
});

test('the words of a panic go, those that are needed elsewhere stay, and so does every index', async () => {
  const small = withoutPanics(module, isPanic);
  assert.ok(module.includes('words of the panic alone') && module.includes('words of both'));
  assert.ok(!small.includes('words of the panic alone'));
  assert.ok(small.includes('words of both'));
  assert.ok(small.length < module.length);
  const names = async (bytes) => Object.keys(await instantiate(bytes));
  assert.deepEqual(await names(small), await names(module));
});

test('a module that names no such panic is refused', () => {
  assert.throws(() => withoutPanics(module, () => false), /names no panic/);
});
