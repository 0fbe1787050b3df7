// The parts of the benchmark, in the order in which they run.

/** Each is a file of its name in parts/. */
export const PARTS = [
  { name: 'one-token', about: 'one token verified, in Node and inside workerd' },
  { name: 'gateway', about: 'requests through the built Worker and through others before the same origin' },
  { name: 'size', about: 'what is deployed, and the time to the first answer of a new Worker' },
  { name: 'growth', about: 'more routes, headers, claims, tokens and keys' },
  { name: 'core', about: 'the core by itself, native, by criterion' },
  { name: 'assertion', about: 'what it costs that origins can check who sends to them' },
];
