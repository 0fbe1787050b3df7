// benches/RESULTS.md: `--save` changes what was measured, and nothing that anybody wrote.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { document } from '../../benches/lib/results.mjs';
import { root } from '../../scripts/lib/toolchain.mjs';

const HEAD = document('', {});
const BY_HAND = '## Where the time goes\n\nWritten by hand.\n\n### In the gateway\n\n| duty | µs |\n| --- | ---: |\n| fetch | 107 |\n';
const UNKNOWN = '<!-- later -->\n## A part that is not known here\n\nIts figures.\n';
const part = (name, figures) => `<!-- ${name} -->\n## Title of ${name}\n\n${figures}\n\n### Inside workerd\n\n*2026-11-24.*\n`;
const measured = (name, figures) => ({ [name]: part(name, figures).split('\n').slice(1).join('\n').trimEnd() });
const file = (...sections) => [HEAD, ...sections].join('\n');

test('what was measured anew stands in the place of what was measured before', () => {
  const before = file(part('one-token', 'old'), part('gateway', 'old'), part('core', 'old'));
  const after = file(part('one-token', 'old'), part('gateway', 'new'), part('core', 'old'));
  assert.equal(document(before, measured('gateway', 'new')), after);
});

test('a part that was never measured comes in where it runs', () => {
  const before = file(part('one-token', 'old'), part('core', 'old'));
  const after = file(part('one-token', 'old'), part('size', 'new'), part('core', 'old'), part('assertion', 'new'));
  assert.equal(document(before, { ...measured('assertion', 'new'), ...measured('size', 'new') }), after);
});

test('a section that is written by hand stays where it is: first, between parts, and last', () => {
  const after = (name) => BY_HAND.replace('Where', name);
  const with_ = (figures) => file(BY_HAND, part('one-token', figures), after('Between'), part('core', 'old'), after('Last'));
  assert.equal(document(with_('old'), measured('one-token', 'new')), with_('new'));
  assert.equal(document(file(BY_HAND), measured('one-token', 'new')), file(BY_HAND, part('one-token', 'new')));
});

test('a section of a part that is not known stays', () => {
  const before = file(part('one-token', 'old'), UNKNOWN, part('gateway', 'old'));
  const after = file(part('one-token', 'old'), UNKNOWN, part('gateway', 'new'));
  assert.equal(document(before, measured('gateway', 'new')), after);
});

test('the head is written anew', () => {
  assert.equal(document(`# Another head\n\nOf another day.\n\n${BY_HAND}`, {}), file(BY_HAND));
});

test('the file as it is comes out as it is', () => {
  const text = readFileSync(join(root, 'benches', 'RESULTS.md'), 'utf8');
  assert.equal(document(text, {}), text);
  assert.match(text.split(/^## /m)[1], /^Where the time goes\n/);
});
