// One request of a load run, and the words for what came of it.

import { createHash } from 'node:crypto';
import { Agent, request as httpRequest } from 'node:http';

/** Longest a request may take. The Worker's own bounds are shorter. */
const TIMEOUT_MS = 30_000;

/** Sends requests over connections that are kept. */
export class Client {
  #agent;
  #port;

  constructor(port, connections) {
    this.#port = port;
    this.#agent = new Agent({ keepAlive: true, maxSockets: connections });
  }

  /** Sends a request and reads the whole answer. */
  send({ method = 'GET', path, headers = {}, body }) {
    return new Promise((resolve) => {
      const failed = (error) => resolve({ error: error.code ?? error.message });
      const length = body === undefined ? {} : { 'content-length': body.length };
      const request = this.#request({ agent: this.#agent, method, path, headers: { ...headers, ...length } });
      request.on('error', failed).on('response', (response) => {
        const chunks = [];
        response.on('data', (chunk) => chunks.push(chunk));
        response.on('error', failed).on('end', () => resolve(answer(response, Buffer.concat(chunks))));
      });
      request.end(body);
    });
  }

  /** Begins to send a body, and is gone: politely (`FIN`) or not (`RST`). */
  abortUp({ path, headers, rude }) {
    return new Promise((resolve) => {
      const request = this.#request({ agent: false, method: 'POST', path, headers: { ...headers, 'content-length': 1_000_000 } });
      request.on('error', () => {}).on('close', () => resolve({ gone: true }));
      request.write(Buffer.alloc(64 * 1024), () => setTimeout(() => leave(request, rude), 20));
    });
  }

  /** Waits for an answer that does not come, and is gone. */
  abortWaiting({ path, headers }) {
    return new Promise((resolve) => {
      const request = this.#request({ agent: false, path, headers });
      request.on('error', () => {}).on('close', () => resolve({ gone: true })).on('response', ({ statusCode }) => resolve({ error: `answered ${statusCode}` }));
      request.end();
      setTimeout(() => leave(request, true), 50);
    });
  }

  /** Begins to read an answer that goes on, and is gone. */
  abortDown({ path, headers, rude }) {
    return new Promise((resolve) => {
      const request = this.#request({ agent: false, path, headers });
      request.on('error', (error) => resolve({ error: error.code })).on('response', (response) => {
        response.on('error', () => {}).on('close', () => resolve({ gone: true, status: response.statusCode }));
        response.once('data', () => leave(request, rude));
      });
      request.end();
    });
  }

  close() {
    this.#agent.destroy();
  }

  #request(options) {
    const request = httpRequest({ host: '127.0.0.1', port: this.#port, ...options });
    return request.setTimeout(TIMEOUT_MS, () => request.destroy(new Error('no answer in time')));
  }
}

function leave(request, rude) {
  if (rude && request.socket && !request.socket.destroyed) request.socket.resetAndDestroy();
  else request.destroy();
}

function answer({ statusCode: status, headers }, bytes) {
  const text = bytes.length < 65_536 ? bytes.toString() : '';
  const json = /json/.test(headers['content-type'] ?? '') ? parsed(text) : undefined;
  return { status, headers, json, bytes };
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What tells one body from another. */
export function sha256(bytes) {
  return createHash('sha256').update(bytes).digest('hex');
}
