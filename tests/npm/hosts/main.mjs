// What a server of any kind runs: the verdicts on two tokens, as one line. What it is asked comes as its last argument.

import { createVerifier } from 'clerk-edge';

const { options, tokens } = JSON.parse(process.argv.at(-1));
const verifier = createVerifier(options);
const verdict = (result) => (result.ok ? result.auth.userId : result.code);

Promise.all(tokens.map((token) => verifier.verifyToken(token))).then((results) => console.log(JSON.stringify(results.map(verdict))));
