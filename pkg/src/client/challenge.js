// What `WWW-Authenticate` says (RFC 9110, section 11.6.1), of which the Bearer challenge of RFC 6750 is looked for.

/** A scheme, or a parameter of the last one: its value is a token or a quoted string. */
const PART = /[\s,]*([!#$%&'*+\-.^_`|~\w]+)(?:[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+)))?/gy;

/** The parameters of the Bearer challenge, names in lower case: `{ realm, error, error_description, … }`; undefined without one. */
export function bearerChallenge(header) {
  let found;
  for (const [, name, quoted, plain] of (header ?? '').matchAll(PART)) {
    const value = quoted?.replaceAll(/\\(.)/g, '$1') ?? plain;
    if (value !== undefined) found &&= { ...found, [name.toLowerCase()]: value };
    else if (found) break;
    else if (name.toLowerCase() === 'bearer') found = {};
  }
  return found;
}
