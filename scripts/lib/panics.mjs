// Cuts the panics of a module short, and with them whatever nothing else needs: the code that words them, the words, and the
// places in the sources that they name.
//
// What a panic says, no host of the package hears: it comes out as a trap. The compiler could leave all of it out only with a
// standard library built anew, by a nightly compiler. The linker, asked for its relocations (`--emit-relocs`), says which piece
// of code or data refers to which, so what can go is known and not guessed. It becomes traps and noughts in place, and no index
// and no address changes.

const SECTION = { custom: 0, import: 2, export: 7, start: 8, code: 10, data: 11 };
const SYMBOL = { function: 0, data: 1, section: 3 };
const UNDEFINED = 0x10;
const EXPLICIT_NAME = 0x40;
const SYMBOL_TABLE = 8;
const TYPE_INDEX = 6;
/** Relocations with a number behind the symbol (WebAssembly tool conventions, Linking). */
const WITH_ADDEND = new Set([3, 4, 5, 8, 9, 11, 14, 15, 16, 17, 21, 22, 23, 25]);
const [CALL, LOCAL_GET, I32_CONST] = [0x10, 0x20, 0x41];
const LINKERS_OWN = /^(linking|reloc\..*)$/;

/** The module with a trap for each function whose symbol `isPanic`, and without what only those need. */
export function withoutPanics(module, isPanic) {
  const sections = readSections(module);
  const symbols = readSymbols(sections);
  const pieces = [...readFunctions(sections, symbols), ...readData(sections, symbols)];
  const panics = pieces.filter(({ kind, names }) => kind === SYMBOL.function && names.some(isPanic));
  if (panics.length === 0) throw new Error('the module names no panic that it could begin');
  addReferences(sections, symbols, pieces, new Set(panics));
  for (const panic of panics) panic.references.clear();
  const live = reachable(pieces, rootsOf(sections, pieces));
  const result = Buffer.from(module);
  for (const piece of pieces) if (panics.includes(piece) || !live.has(piece)) erase(result, piece);
  // Pieces of data may share bytes.
  for (const { kind, start, end } of live) if (kind === SYMBOL.data) module.copy(result, start, start, end);
  return withoutSections(result, sections, ({ name }) => LINKERS_OWN.test(name));
}

/** A reader of the numbers and texts that the binary format is made of. */
class Reader {
  constructor(bytes, at = 0) {
    Object.assign(this, { bytes, at });
  }

  byte() {
    return this.bytes[this.at++];
  }

  number() {
    let [result, factor, byte] = [0, 1, 0];
    do {
      byte = this.byte();
      result += (byte & 127) * factor;
      factor *= 128;
    } while (byte & 128);
    return result;
  }

  text() {
    const length = this.number();
    return this.bytes.toString('utf8', this.at, (this.at += length));
  }

  /** As many items as the number in front says. */
  list(read) {
    return Array.from({ length: this.number() }, (_, index) => read(index));
  }
}

function readSections(module) {
  const sections = [];
  for (let reader = new Reader(module, 8); reader.at < module.length; ) {
    const start = reader.at;
    const [id, length] = [reader.byte(), reader.number()];
    const [contents, end] = [reader.at, reader.at + length];
    const name = id === SECTION.custom ? reader.text() : '';
    sections.push({ id, name, start, contents, body: reader.at, end, index: sections.length, module });
    reader.at = end;
  }
  return sections;
}

function sectionReader(sections, id, name = '') {
  const section = sections.find((section) => section.id === id && section.name === name);
  return section && new Reader(section.module, section.body);
}

function readSymbols(sections) {
  const reader = sectionReader(sections, SECTION.custom, 'linking');
  reader.number(); // The version.
  for (;;) {
    const [kind, length] = [reader.byte(), reader.number()];
    if (kind === SYMBOL_TABLE) return reader.list(() => readSymbol(reader));
    reader.at += length;
  }
}

function readSymbol(reader) {
  const [kind, flags] = [reader.byte(), reader.number()];
  const isDefined = (flags & UNDEFINED) === 0;
  if (kind === SYMBOL.section) return { kind, index: reader.number() };
  if (kind !== SYMBOL.data) {
    const index = reader.number();
    return { kind, index, name: isDefined || flags & EXPLICIT_NAME ? reader.text() : '' };
  }
  const name = reader.text();
  return isDefined ? { kind, name, segment: reader.number(), offset: reader.number(), size: reader.number() } : { kind, name };
}

/** Each function that the module defines, with the names of its symbols. */
function readFunctions(sections, symbols) {
  const first = importedFunctions(sections);
  const reader = sectionReader(sections, SECTION.code);
  return reader.list((index) => {
    const size = reader.number();
    const [start, end] = [reader.at, (reader.at += size)];
    const own = symbols.filter((symbol) => symbol.kind === SYMBOL.function && symbol.index === first + index);
    return piece(SYMBOL.function, start, end, own, first + index);
  });
}

function importedFunctions(sections) {
  const reader = sectionReader(sections, SECTION.import);
  if (reader === undefined) return 0;
  const kinds = reader.list(() => {
    reader.text();
    reader.text();
    const kind = reader.byte();
    if (kind === 0) reader.number();
    else throw new Error('the linker imports more than functions');
    return kind;
  });
  return kinds.length;
}

/** Each piece of data that has a symbol. */
function readData(sections, symbols) {
  const reader = sectionReader(sections, SECTION.data);
  const segments = reader.list(() => {
    if (reader.number() !== 0) throw new Error('the linker makes segments of another kind');
    while (reader.byte() !== 0x0b); // Its address, a constant and an end.
    const length = reader.number();
    return (reader.at += length) - length;
  });
  const defined = symbols.filter(({ kind, segment, size }) => kind === SYMBOL.data && segment !== undefined && size > 0);
  return defined.map((symbol) => piece(SYMBOL.data, segments[symbol.segment] + symbol.offset, segments[symbol.segment] + symbol.offset + symbol.size, [symbol]));
}

function piece(kind, start, end, own, index) {
  const made = { kind, start, end, index, names: own.map(({ name }) => name), references: new Set(), isRoot: false };
  for (const symbol of own) symbol.piece = made;
  return made;
}

/** Notes to what each piece refers. What something outside of all pieces refers to is needed. */
function addReferences(sections, symbols, pieces, panics) {
  for (const { name, body, module } of sections.filter(({ name }) => name === 'reloc.CODE' || name === 'reloc.DATA')) {
    const reader = new Reader(module, body);
    const { contents } = sections[reader.number()];
    const relocations = reader.list(() => {
      const [type, offset, symbol] = [reader.byte(), reader.number(), reader.number()];
      if (WITH_ADDEND.has(type)) reader.number();
      return { at: contents + offset, to: type === TYPE_INDEX ? undefined : symbols[symbol].piece };
    });
    const calls = new Set(relocations.filter(({ at, to }) => panics.has(to) && module[at - 1] === CALL).map(({ at }) => at - 1));
    for (const { at, to } of relocations.filter(({ at, to }) => to && !isForPanic(module, at, calls))) {
      const holders = pieces.filter(({ start, end }) => start <= at && at < end);
      if (holders.length === 0) to.isRoot = true;
      for (const holder of holders) holder.references.add(to);
    }
  }
}

/** Whether the number at `at` is pushed, and nothing but pushing is done from there to the call of a panic: the panic's alone. */
function isForPanic(module, at, calls) {
  if (module[at - 1] !== I32_CONST) return false;
  const reader = new Reader(module, at);
  do reader.number();
  while ([I32_CONST, LOCAL_GET].includes(module[reader.at++]));
  return calls.has(reader.at - 1);
}

function rootsOf(sections, pieces) {
  const needed = new Set(exportedFunctions(sections));
  const start = sectionReader(sections, SECTION.start);
  if (start) needed.add(start.number());
  return pieces.filter(({ isRoot, kind, index }) => isRoot || (kind === SYMBOL.function && needed.has(index)));
}

function exportedFunctions(sections) {
  const reader = sectionReader(sections, SECTION.export);
  const all = reader.list(() => {
    reader.text();
    return { kind: reader.byte(), index: reader.number() };
  });
  return all.filter(({ kind }) => kind === 0).map(({ index }) => index);
}

function reachable(pieces, roots) {
  const live = new Set(roots);
  for (const piece of live) for (const reference of piece.references) live.add(reference);
  return live;
}

/** A function becomes no locals, a trap, as much of nothing as there was of something, and its end. */
function erase(result, { kind, start, end }) {
  if (kind === SYMBOL.data) return void result.fill(0, start, end);
  if (end - start < 3) return;
  result.fill(0x01, start, end);
  result.set([0x00, 0x00], start);
  result[end - 1] = 0x0b;
}

function withoutSections(module, sections, isUnwanted) {
  const kept = sections.filter((section) => !isUnwanted(section));
  return Buffer.concat([module.subarray(0, 8), ...kept.map(({ start, end }) => module.subarray(start, end))]);
}
