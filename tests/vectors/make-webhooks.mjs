// Makes webhooks.json: `node tests/vectors/make-webhooks.mjs > tests/vectors/webhooks.json`. The signatures are Node's
// own HMAC, so that the gateway is not compared with itself. The secrets are sentences, made for this file.

import { createHmac } from 'node:crypto';

const NOW = 1_750_000_000;
const KEY = Buffer.from('a secret for the vectors of clerk-edge');
const OLD = Buffer.from('the secret before a rotation');
const text = (key) => `whsec_${key.toString('base64')}`;
const BODY = Buffer.from('{"data": {"id": "user_1"},  "object":"event","type":"user.created"}\n');

const sign = (id, time, body, key = KEY, hash = 'sha256') => createHmac(hash, key).update(`${id}.${time}.`).update(body).digest('base64');
const svix = (id, time, signature) => ({ 'svix-id': id, 'svix-timestamp': time, 'svix-signature': signature });

const good = sign('msg_1', NOW, BODY);
const wrong = Buffer.alloc(32).toString('base64');
const cases = [];

function add(id, expect, reason, change = {}) {
  const { time = `${NOW}`, name = 'msg_1', body = BODY, signature = `v1,${sign(name, time, body)}`, ...rest } = change;
  cases.push({
    id, expect, reason, debatable: null, secret: text(KEY), headers: svix(name, time, signature), now: NOW,
    tolerance_s: 300, body_b64: body.toString('base64'), ...rest,
  });
}

add('plain', 'accept', 'A delivery as Clerk makes it.');
add('standard-names', 'accept', 'The header names of Standard Webhooks.', {
  headers: { 'webhook-id': 'msg_1', 'webhook-timestamp': `${NOW}`, 'webhook-signature': `v1,${good}` },
});
add('both-names', 'reject', 'Both families of names, even with the same values.', {
  headers: { ...svix('msg_1', `${NOW}`, `v1,${good}`), 'webhook-id': 'msg_1', 'webhook-timestamp': `${NOW}`, 'webhook-signature': `v1,${good}` },
});
add('mixed-names', 'reject', 'One family by parts of both.', {
  headers: { 'svix-id': 'msg_1', 'webhook-timestamp': `${NOW}`, 'webhook-signature': `v1,${good}` },
});
for (const [away, expect] of [[-301, 'reject'], [-300, 'accept'], [300, 'accept'], [301, 'reject']]) {
  add(`time${away}`, expect, `Signed ${away} s from now.`, { time: `${NOW + away}` });
}
for (const time of ['01750000000', '+1750000000', '1750000000.0', '1750000000000', 'now', '18446744075459551616']) {
  add(`time-${time}`, 'reject', 'A timestamp that is no whole number of seconds near now, signed as it is.', { time });
}
add('second-secret', 'accept', 'Signed with the second of two secrets.', { secret: `${text(OLD)} ${text(KEY)}` });
add('no-prefix', 'accept', 'A secret without whsec_.', { secret: KEY.toString('base64') });
add('other-secret', 'reject', 'Signed with another secret.', { secret: text(OLD) });
add('empty-secret', 'reject', 'An empty secret is none.', { secret: 'whsec_', signature: `v1,${sign('msg_1', NOW, BODY, '')}` });
add('last-of-three', 'accept', 'The right signature last.', { signature: `v1,${wrong} v2,x v1,${good}` });
add('first-of-three', 'accept', 'The right signature first.', { signature: `v1,${good} v2,x v1,${wrong}` });
add('other-version', 'reject', 'The right signature under another version.', { signature: `v2,${good}` });
add('truncated', 'reject', 'A signature of 30 bytes that begins rightly.', { signature: `v1,${good.slice(0, 40)}` });
add('empty-signature', 'reject', 'A signature of no bytes.', { signature: 'v1,' });
add('unpadded', 'reject', 'Base64 without its padding.', { signature: `v1,${good.slice(0, -1)}` });
add('sha1', 'reject', 'Another hash.', { signature: `v1,${sign('msg_1', NOW, BODY, KEY, 'sha1')}` });
add('joined-ids', 'reject', 'Two ids joined by a comma, signed as they are.', { name: 'msg_1, msg_1' });
add('dotted-id', 'reject', 'The signature of a longer body, read as one of a longer id.', {
  name: `msg_1.${NOW}`, signature: `v1,${sign('msg_1', NOW, Buffer.concat([Buffer.from(`${NOW}.`), BODY]))}`,
});
add('empty-id', 'reject', 'An empty id, signed as it is.', { name: '' });
add('reserialised', 'reject', 'The same JSON in other bytes.', { body: Buffer.from(JSON.stringify(JSON.parse(BODY))), signature: `v1,${good}` });
add('binary', 'accept', 'A body that is neither UTF-8 nor JSON.', { body: Buffer.from([0, 255, 254, 128]) });
add('empty-body', 'accept', 'An empty body.', { body: Buffer.alloc(0) });

console.log(JSON.stringify({ _about: 'Webhooks of our own, by make-webhooks.mjs. body_b64 is the exact octets.', cases }, null, 1));
