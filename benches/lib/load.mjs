// Requests over kept connections, by autocannon: each has an answer that it must get.

import autocannon from 'autocannon';

import { processorMs } from './cpu.mjs';

export const CONNECTIONS = 16;

/**
 * Sends each request once, shared out over the connections, and resolves to how many a second were answered and to each answer's
 * time in ms. A request is `{ headers, path, status, body }`, the latter two being what must come back; `body` may be left out.
 */
export async function send(port, requests, { connections = CONNECTIONS, path = '/api/items' } = {}) {
  const shares = shared(requests, Math.min(connections, requests.length));
  const seen = { times: [], wrong: [], began: undefined, last: undefined };
  await autocannon({
    url: `http://127.0.0.1:${port}`,
    connections: shares.length,
    amount: requests.length,
    setupClient: (client) => {
      client.setRequests(shares.shift().map((request) => asked(request, path, seen)));
      client.on('response', (_status, _bytes, time) => note(seen, time));
    },
  });
  const { times, wrong, began, last } = seen;
  if (times.length !== requests.length || wrong.length > 0) {
    throw new Error(`${times.length} of ${requests.length} requests were answered, ${wrong.length} of them wrongly, as by: ${wrong[0]}`);
  }
  return { perSecond: ((times.length - 1) * 1000) / (last - began), times };
}

/**
 * A contestant whose figure is the requests a second through a Worker. Into `latencies` goes the time of each answer by name, and
 * into `taken` what a request takes of workerd's processor in µs, a figure a round, where the system tells.
 */
export function contestant(name, { server, worker, requests, latencies = new Map(), taken = new Map() }) {
  const turn = async (round) => {
    const before = processorMs(server.pid);
    const { perSecond, times } = await send(server.port(worker), requests);
    if (round === 0) return perSecond;
    latencies.set(name, (latencies.get(name) ?? []).concat(times));
    if (before !== undefined) taken.set(name, [...(taken.get(name) ?? []), ((processorMs(server.pid) - before) * 1000) / requests.length]);
    return perSecond;
  };
  return { name, turn };
}

function asked({ headers, status = 200, body, path: own }, path, { wrong }) {
  const onResponse = (came, text) => {
    if (came !== status || (body !== undefined && text !== body)) wrong.push(`${came} ${text.slice(0, 300)}`);
  };
  return { method: 'GET', path: own ?? path, headers, onResponse };
}

function note(seen, time) {
  seen.times.push(time);
  seen.last = performance.now();
  seen.began ??= seen.last;
}

function shared(requests, count) {
  const shares = Array.from({ length: count }, () => []);
  requests.forEach((request, index) => shares[index % count].push(request));
  return shares;
}
