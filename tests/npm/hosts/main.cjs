// The same by `require`.

const { createVerifier } = require('clerk-edge');

const { options, tokens } = JSON.parse(process.argv.at(-1));
const verifier = createVerifier(options);
const verdict = (result) => (result.ok ? result.auth.userId : result.code);

Promise.all(tokens.map((token) => verifier.verifyToken(token))).then((results) => console.log(JSON.stringify(results.map(verdict))));
