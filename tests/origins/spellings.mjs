// Every way that this file knows to spell a protected path, so that something on the way may read it and something else
// may not: the request targets of tests/origins/paths.test.mjs. A target is a text of Latin-1, one byte a character.
//
// Each technique is a function from a path to a list of spellings of it. A bend makes one, and each is put upon each other.
// Paths beside the protected one lead to it by dot segments.

/** What is protected, by its plain spelling. */
export const PROTECTED = ['/api/admin/secret', '/api/tasks/list'];

/** The distinct spellings, the plain ones first. The second path is there for its letters: k and s have look-alikes. */
export function spellings() {
  const [first, second] = PROTECTED;
  const all = [first, second, '/api/admin', '/api/tasks/'];
  for (const technique of TECHNIQUES) all.push(...technique(first));
  for (const technique of OF_LETTERS) all.push(...technique(second));
  for (const path of PROTECTED) all.push(...otherForms(path));
  for (const bend of BENDS) for (const other of BENDS) if (bend !== other) all.push(other(bend(first)));
  for (const bend of BENDS) all.push(bend(second.replace('k', '%E2%84%AA')));
  return [...new Set([...all, ...aroundDots(first)])];
}

const hex = (code) => code.toString(16).padStart(2, '0');
const escaped = (code) => `%${hex(code)}`;
const escapedBytes = (bytes) => [...bytes].map(escaped).join('');
const bothCases = (text) => [text, text.replace(/%[0-9a-f]{2}/g, (escape) => escape.toUpperCase())];
const utf8 = (text) => Buffer.from(text, 'utf8');

/** The path with what stands at `index` replaced. */
const replaced = (path, index, by) => path.slice(0, index) + by + path.slice(index + 1);

const places = (path, holds) => [...path].flatMap((letter, index) => (holds(letter, index) ? [index] : []));
/** The letters that say that the path is a protected one: /api/admin of /api/admin/secret. */
const letters = (path) => places(path, (letter, index) => letter !== '/' && index < path.lastIndexOf('/'));
const slashes = (path) => places(path, (letter) => letter === '/');
/** Where the segments end that say so. */
const ends = (path) => slashes(path).slice(1).concat(path.length);

const atEach = (indices, path, spell) => indices.flatMap((index) => spell(path, index));
const withSlashAs = (path, list) => atEach(slashes(path), path, (text, index) => list.map((slash) => replaced(text, index, slash)));
const withAtEnds = (path, list) => atEach(ends(path), path, (text, end) => list.map((tail) => text.slice(0, end) + tail + text.slice(end)));

/** %61, %4d, %4D; %2561; %252561; %u0061. */
function encodedLetters(path) {
  const one = (text, index) => {
    const code = text.charCodeAt(index);
    const once = [...bothCases(escaped(code)), ...bothCases(escaped(text[index].toUpperCase().charCodeAt(0)))];
    return [...once, `%25${hex(code)}`, `%2525${hex(code)}`, `%u00${hex(code)}`, `%%${hex(code)}`].map((by) => replaced(text, index, by));
  };
  return [...atEach(letters(path), path, one), everyLetter(path, escaped), everyLetter(path, (code) => `%25${hex(code)}`)];
}

function everyLetter(path, spell) {
  return [...path].map((letter) => (letter === '/' ? letter : spell(letter.charCodeAt(0)))).join('');
}

/** /Api, /aPi, /API. */
function otherCase(path) {
  const one = (text, index) => [replaced(text, index, text[index].toUpperCase())];
  return [...atEach(letters(path), path, one), path.toUpperCase()];
}

/** Forms of two and three bytes that a decoder of UTF-8 must not take for a letter, a dot or a slash. */
function overlong(path) {
  const two = (code) => escapedBytes([0xc0 | (code >> 6), 0x80 | (code & 0x3f)]);
  const three = (code) => escapedBytes([0xe0, 0x80 | (code >> 6), 0x80 | (code & 0x3f)]);
  const one = (text, index) => [two, three].map((spell) => replaced(text, index, spell(text.charCodeAt(index))));
  return atEach(places(path, () => true).slice(1), path, one);
}

/** Letters that look like one of ours, or become one by folding their case or by a compatibility form. */
const LIKE = {
  a: ['ａ', 'ⓐ', 'а', 'ª'], d: ['ｄ'], i: ['ｉ', 'ı', 'İ', 'і', 'ⅰ'], k: ['ｋ', '\u212a'], m: ['ｍ', 'ⓜ'],
  n: ['ｎ', 'ⁿ'], p: ['ｐ', 'р'], s: ['ｓ', 'ſ', 'ˢ'], t: ['ｔ'], '/': ['／', '∕', '⁄'],
};

function lookAlikes(path) {
  const one = (text, index) =>
    (LIKE[text[index]] ?? []).flatMap((like) => {
      const bytes = utf8(like);
      return [...bothCases(escapedBytes(bytes)), bytes.toString('latin1')].map((by) => replaced(text, index, by));
    });
  return [...atEach([...letters(path), ...slashes(path).slice(1)], path, one), ...[path.replaceAll('s', '%C5%BF'), path.replaceAll('k', '%E2%84%AA')]];
}

/** //, \, %2f and what else some servers take for a slash. */
function otherSlashes(path) {
  const list = ['//', '///', '\\', '/\\', '\\/', '%2f', '%2F', '%5c', '%5C', '/%2f', '%2f/', '%252f', '%255c', '%c0%af', '%c1%9c', '/;/', ';/', '%u2215', '%2f%2f'];
  return [...withSlashAs(path, list), path.replaceAll('/', '//'), path.replaceAll('/', '\\'), path.replace(/(?<!^)\//g, '%2F'), path.replaceAll('/', '%2f')];
}

/** ;x, %3bx and what else may stand behind a segment and be dropped. */
function tails(path) {
  const list = [
    ';', ';x', ';x=1', ';jsessionid=1', '%3b', '%3Bx=1', ';%2f', '.', '..', '%2e', '%20', '%09', '%2520', ' ', '\t', '+', '~', ':', '::$DATA', '.json', '.html', '%00', '%00.html',
    '%0a', '%0d%0a', '%0b', '%7f', '%80', '%a0', '%c2%a0', '%c2%ad', '%e2%80%8b', '%ef%bb%bf', '%zz', '%', '%6', '\x7f', '\x80', '\xff', '\x01', '*', '|', '"', '%c2%85',
  ];
  return withAtEnds(path, list);
}

/** Segments that stand for none. */
function dotSegments(path) {
  const dots = ['.', '%2e', '%2E', '%252e', '.;', '.;x', ';', '%3b', '..;', '.%00', '.%20', '%c0%ae', '%ef%bc%8e', 'x/..', 'x/%2e%2e', 'x/.%2E', 'x/..;', 'x%2f..', 'x\\..', 'x/%252e%252e'];
  return withSlashAs(path, dots.map((dot) => `/${dot}/`));
}

/** ? and #, which end a path for some, raw and encoded. */
function queries(path) {
  const list = ['?', '??', '?x', '?x=/public/info', '?/../../public/info', '#', '#/public/info', '#?', '?#', '%3f', '%3F', '%3fx', '%23', '%23x', '%253f', '%3f/../../public/info', '%23/../../public/info', '/?', '/%3f'];
  return list.map((tail) => path + tail);
}

/** From a path that anyone may have to the protected one. */
function aroundDots(path) {
  const ups = ['..', '%2e%2e', '%2E%2E', '.%2e', '%2e.', '%252e%252e', '..;', '..;x=1', '..%3b', '..%00', '..%20', '..%09', '..%3f', '..%23', '%c0%ae%c0%ae', '%ef%bc%8e%ef%bc%8e', '....', '..%c0%af', '%u002e%u002e'];
  const between = ['/', '%2f', '%2F', '\\', '%5c', '%252f', '//', '%255c'];
  const mixed = ups.flatMap((up) => between.map((slash) => `/public/${up}${slash}${path.slice(1)}`));
  const spelt = ['..', '%2e%2e', '..;', '.%2e'].flatMap((up) => [
    `/api/public/${up}/${path.slice('/api/'.length)}`, `/api/public/x/${up}/${up}/${path.slice('/api/'.length)}`, `/public/x%2f${up}%2f${up}${path}`,
    `/api/public%2f${up}%2f${path.slice('/api/'.length)}`, `/public\\${up}\\${path.slice(1)}`, `/${up}${path}`, `${path}/${up}`, `/api/x/${up}${path.slice('/api'.length)}`,
    `/public/info?/${up}/${up}${path}`, `/public/info#/${up}/${up}${path}`, `/public/info;/${up}/${up}${path}`, `/public/${up}//${path.slice(1)}`, `/public/./${up}${path}`,
  ]);
  return [...mixed, ...spelt];
}

/** Request targets of other forms (RFC 9112 section 3.2), and some of none. */
function otherForms(path) {
  const authorities = ['http://127.0.0.1', 'http://origin.example', 'HTTP://origin.example', 'https://origin.example', 'http://origin.example:80', 'http://a:b@origin.example', 'http://origin.example.', 'ws://origin.example', '//origin.example', 'http:', 'http:/', 'http:///', 'http://origin.example/public/..', 'http://origin.example\\', 'http://origin.example?', 'http://origin.example#'];
  return [...authorities.map((authority) => authority + path), path.slice(1), `.${path}`, `/.${path}`, `*${path}`, `/http://origin.example${path}`, `\\${path.slice(1)}`, `?${path}`, `/?${path}`, `#${path}`, ` ${path}`, `/ ${path}`];
}

const OF_LETTERS = [encodedLetters, otherCase, lookAlikes];
const TECHNIQUES = [...OF_LETTERS, overlong, otherSlashes, tails, dotSegments, queries];

/** One bend each, to be put upon one another. */
const BENDS = [
  (path) => path.replace('a', '%61'),
  (path) => path.replace('s', '%73'),
  (path) => path.replace(/(?<=\/..)./, (letter) => `%25${hex(letter.charCodeAt(0))}`),
  (path) => path.replace(/[a-z](?=[a-z]*\/[a-z]+$)/, (letter) => letter.toUpperCase()),
  (path) => path.replace(/\/(?=[^/]*$)/, '//'),
  (path) => path.replace(/\/(?=[^/]*$)/, '%2f'),
  (path) => path.replace(/\/(?=[^/]*$)/, ';x/'),
  (path) => path.replace(/\/(?=[^/]*$)/, '/./'),
  (path) => path.replace('/', '//'),
  (path) => path.replace('/api', '/public/../api'),
  (path) => path.replace('/api/', '/api/%2e/'),
  (path) => path.replace('/api/', '/api%5c'),
  (path) => `${path}/`,
  (path) => `${path}?x`,
  (path) => `${path};x`,
  (path) => `http://origin.example${path}`,
];
