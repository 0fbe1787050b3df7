// The contestants for one token inside workerd, told over HTTP what to do: its clock stands still while code runs, so that time can
// only be taken from outside.

import { createVerifier } from 'clerk-edge';

import { contestants, ready, refuses } from './one-token.mjs';

let state;

const acts = {
  async load({ instance, tokens, users }) {
    state = { tokens, list: await contestants({ createVerifier }, instance, (index) => users[index]) };
    return state.list.map(({ name, isRepeated = false }) => ({ name, isRepeated }));
  },
  refuses: ({ name, token }) => refuses(named(name), token),
  async ready({ name }) {
    named(name).answer = await ready(named(name), state.tokens);
    return true;
  },
  answer: ({ name, count }) => named(name).answer(count),
  rest: () => true,
};

function named(name) {
  return state.list.find((contestant) => contestant.name === name);
}

export default {
  async fetch(request) {
    const { act, ...rest } = await request.json();
    try {
      return Response.json(await acts[act](rest));
    } catch (error) {
      return new Response(error.stack, { status: 500 });
    }
  },
};
