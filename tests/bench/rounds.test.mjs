// Rounds: how many there are when there is time for all of them, and when there is none.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { inRounds } from '../../benches/lib/rounds.mjs';

/** How often each of two contestants has its turn, and the figures that count. */
async function turns(options) {
  const rounds = [];
  const contestants = ['one', 'other'].map((name) => ({ name, turn: async (round) => rounds.push(`${round} ${name}`) && round }));
  return { rounds, figures: await inRounds(contestants, options) };
}

test('the first round warms up, and who begins changes', async () => {
  const { rounds, figures } = await turns({ rounds: 2 });
  assert.deepEqual(rounds, ['0 one', '0 other', '1 other', '1 one', '2 one', '2 other']);
  assert.deepEqual([...figures], [['one', [1, 2]], ['other', [1, 2]]]);
});

test('when the time is over before it begins, one round counts, or as many as are asked for at least', async () => {
  const counted = async (options) => (await turns({ seconds: 0, ...options })).figures.get('one');
  assert.deepEqual(await counted({ rounds: 9 }), [1]);
  assert.deepEqual(await counted({ rounds: 9, least: 5 }), [1, 2, 3, 4, 5]);
  assert.deepEqual(await counted({ rounds: 2, least: 5 }), [1, 2]);
});
