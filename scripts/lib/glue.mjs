// Changes what wasm-bindgen writes in JavaScript around a module.

const PASS_STRING = /^function passStringToWasm0\(arg, malloc, realloc\) \{\n[^]*?^\}\n/m;

/** What it needs of the rest. */
const NEEDED = ['getUint8ArrayMemory0()', 'cachedTextEncoder.encodeInto', 'WASM_VECTOR_LEN = '];

/** Room for a letter to each byte; where that is too little, for the longest that the rest may be. */
const AT_ONCE = `function passStringToWasm0(arg, malloc, realloc) {
    let room = arg.length;
    let ptr = malloc(room, 1) >>> 0;
    let { read, written } = cachedTextEncoder.encodeInto(arg, getUint8ArrayMemory0().subarray(ptr, ptr + room));
    if (read < arg.length) {
        const rest = arg.slice(read);
        ptr = realloc(ptr, room, room = written + rest.length * 3, 1) >>> 0;
        written += cachedTextEncoder.encodeInto(rest, getUint8ArrayMemory0().subarray(ptr + written, ptr + room)).written;
        ptr = realloc(ptr, room, written, 1) >>> 0;
    }
    WASM_VECTOR_LEN = written;
    return ptr;
}
`;

/** The glue with texts handed to the host's encoder at once. As it is generated, it looks at every letter before. */
export function encodeAtOnce(text) {
  const [found] = PASS_STRING.exec(text) ?? [];
  const missing = NEEDED.find((part) => !found?.includes(part));
  if (missing) throw new Error(`the glue passes texts by another function than is known here: it has no ${missing}`);
  return text.replace(PASS_STRING, () => AT_ONCE);
}
