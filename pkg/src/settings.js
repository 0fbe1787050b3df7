// Options and environment as the core reads them: the same names and the same words for a mistake as in the Worker.

/** An option, and the variable that it stands for. */
const VARIABLES = {
  publishableKey: 'CLERK_PUBLISHABLE_KEY',
  jwtKey: 'CLERK_JWT_KEY',
  secretKey: 'CLERK_SECRET_KEY',
  issuer: 'CLERK_ISSUER',
  apiUrl: 'CLERK_API_URL',
  proxyUrl: 'CLERK_PROXY_URL',
  domain: 'CLERK_DOMAIN',
};

/** Options that the core reads under the same name in snake case. */
const OPTIONS = ['authorizedParties', 'missingAzp', 'audience', 'clockSkewSeconds', 'algorithms', 'keysFrom'];

/** Options for JavaScript alone. */
const OWN = ['env', 'isSatellite', 'fetch', 'store', 'clock', 'waitUntil', 'origin'];

/** The kinds of values that JSON has. */
const IN_JSON = ['object', 'string', 'number', 'boolean'];

/** A mistake in what a verifier is given: the message says each, a line each. */
export class ConfigurationError extends Error {
  name = 'ConfigurationError';
}

/** What the core is made from. Unknown options are mistakes: a misspelt one must not pass for none. */
export function settingsOf(options) {
  const known = [...Object.keys(VARIABLES), ...OPTIONS, ...OWN];
  const unknown = Object.keys(options).filter((name) => !known.includes(name));
  if (unknown.length > 0) throw new ConfigurationError(`${unknown.join(', ')}: unknown option; expected one of ${known.join(', ')}`);
  const env = options.env ?? globalThis.process?.env ?? {};
  const names = [...Object.values(VARIABLES), 'CLERK_IS_SATELLITE'];
  const variables = Object.fromEntries(names.map((name) => [name, read(env, name)]).filter(([, value]) => typeof value === 'string'));
  for (const [option, name] of Object.entries(VARIABLES)) if (options[option] !== undefined) variables[name] = options[option];
  if (options.isSatellite !== undefined) variables.CLERK_IS_SATELLITE = String(options.isSatellite);
  refuseInBrowsers(variables);
  const rest = OPTIONS.filter((name) => options[name] !== undefined).map((name) => [snake(name), options[name]]);
  return { variables, options: Object.fromEntries(rest) };
}

/** A variable that a host forbids to read, as Deno does, is not set. */
function read(env, name) {
  try {
    return env[name];
  } catch {
    return undefined;
  }
}

/** A secret that a page holds is no secret. */
function refuseInBrowsers({ CLERK_SECRET_KEY }) {
  if (CLERK_SECRET_KEY === undefined || typeof globalThis.document === 'undefined') return;
  throw new ConfigurationError('CLERK_SECRET_KEY: a browser must never hold the secret key; verify session tokens with the publishable key alone');
}

/**
 * A rule of `has()` as the core reads it: `afterMinutes` becomes `after_minutes`. JSON would leave out what has no value, and a rule
 * with a condition less is met by more.
 */
export function ruleOf(rule) {
  return JSON.stringify(rule, (key, value) => {
    if (!IN_JSON.includes(typeof value)) throw new ConfigurationError(`${key || 'rule'}: expected a value, got ${typeof value}`);
    if (value === null || typeof value !== 'object' || Array.isArray(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [snake(key), inner]));
  });
}

/** The core's words with the names of the options. */
export function inOptions(message) {
  return message.replace(/\b(options|rule)(?=[.:])\.?/g, '').replace(/\b[a-z]+(_[a-z]+)+\b/g, camel);
}

const snake = (name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
const camel = (name) => name.replace(/_([a-z])/g, (_, letter) => letter.toUpperCase());
