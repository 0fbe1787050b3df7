// The body of a webhook is a stranger's until its signature is checked: no more of it is read than shows that it is too long.

import assert from 'node:assert/strict';
import { before, test } from 'node:test';

import { Webhook } from 'svix';

import { unpackPackage } from './package.mjs';

const MEBIBYTE = 1024 * 1024;
/** Made for these tests: the base64 of a sentence. */
const secret = `whsec_${Buffer.from('a secret for webhooks in JavaScript').toString('base64')}`;

let verifyWebhook;

before(async () => {
  unpackPackage();
  ({ verifyWebhook } = await import('clerk-edge'));
});

/** A delivery of `length` bytes, signed, that comes in chunks of 64 KiB and notes how many were asked for. */
function delivery(length, signedLength = length) {
  const now = new Date();
  const signature = new Webhook(secret).sign('msg_1', now, ' '.repeat(signedLength));
  const headers = { 'svix-id': 'msg_1', 'svix-timestamp': String(Math.floor(now / 1000)), 'svix-signature': signature };
  const asked = { bytes: 0 };
  const pull = (controller) => {
    const chunk = new Uint8Array(Math.min(64 * 1024, length - asked.bytes)).fill(0x20);
    if (chunk.length === 0) return controller.close();
    asked.bytes += chunk.length;
    controller.enqueue(chunk);
  };
  const body = new ReadableStream({ pull });
  return { request: new Request('https://api.example.com/hook', { method: 'POST', headers, body, duplex: 'half' }), asked };
}

test('a delivery of a mebibyte is taken, one byte more is not', async () => {
  const longest = await verifyWebhook(delivery(MEBIBYTE).request, { secret });
  assert.deepEqual([longest.ok, longest.id, longest.body.length], [true, 'msg_1', MEBIBYTE]);
  const longer = await verifyWebhook(delivery(MEBIBYTE + 1).request, { secret });
  assert.deepEqual([longer.ok, longer.status, longer.code], [false, 413, 'webhook-body-too-large']);
});

test('a body without an end is let go of once it is too long', async () => {
  const { request, asked } = delivery(Infinity, 1);
  const refused = await verifyWebhook(request, { secret });
  assert.deepEqual([refused.ok, refused.code], [false, 'webhook-body-too-large']);
  assert.ok(asked.bytes < 2 * MEBIBYTE, `${asked.bytes} bytes were read`);
});

test('a request without a body is what was signed or not', async () => {
  const headers = Object.fromEntries(delivery(0).request.headers);
  const empty = await verifyWebhook(new Request('https://api.example.com/hook', { method: 'POST', headers }), { secret });
  assert.deepEqual([empty.ok, empty.body.length, empty.event], [true, 0, undefined]);
});
