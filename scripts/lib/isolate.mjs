// What an isolate holds after a collection, as V8's own inspector tells it: the objects that live, and the memory of
// WebAssembly, which only ever grows. The memory of the process tells neither: with no limit set, V8 lets garbage lie.

import WebSocket from 'ws';

const ANSWER_MS = 60_000;

/** Opens the inspector of a Worker by its name; Miniflare must have been told an `inspectorPort`. */
export async function inspect(mf, name) {
  const address = await mf.getInspectorURL();
  const socket = new WebSocket(new URL(`/core:user:${name}`, address));
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  let last = 0;
  const call = (method, params) =>
    new Promise((resolve, reject) => {
      const id = (last += 1);
      const timer = setTimeout(() => reject(new Error(`the inspector does not answer ${method}`)), ANSWER_MS);
      socket.on('message', function read(text) {
        const message = JSON.parse(text);
        if (message.id !== id) return;
        clearTimeout(timer);
        socket.off('message', read);
        if (message.error) reject(new Error(`${method}: ${message.error.message}`));
        else resolve(message.result);
      });
      socket.send(JSON.stringify({ id, method, params }));
    });
  const context = new Promise((resolve) => {
    socket.on('message', (text) => {
      const { method, params } = JSON.parse(text);
      if (method === 'Runtime.executionContextCreated') resolve(params.context.id);
    });
  });
  await call('Runtime.enable');
  const contextId = await context;
  return { held: () => held(call, contextId), close: () => socket.terminate() };
}

/** To find all objects of a kind, V8 first collects what is garbage. */
async function held(call, contextId) {
  const { result: prototype } = await call('Runtime.evaluate', { expression: 'WebAssembly.Memory.prototype', contextId });
  const { objects } = await call('Runtime.queryObjects', { prototypeObjectId: prototype.objectId });
  const functionDeclaration = 'function () { return this.reduce((sum, memory) => sum + memory.buffer.byteLength, 0); }';
  const { result } = await call('Runtime.callFunctionOn', { objectId: objects.objectId, functionDeclaration, returnByValue: true });
  for (const { objectId } of [prototype, objects]) await call('Runtime.releaseObject', { objectId });
  const { usedSize, embedderHeapUsedSize = 0, backingStorageSize = 0 } = await call('Runtime.getHeapUsage');
  return { wasm: result.value, heap: usedSize + embedderHeapUsedSize + backingStorageSize };
}
