/** Calls to the hall's HTTP interface: same origin, cookies, JSON, and errors as RFC 9457 problems. */
import type { Problem } from './types';

const BASE = '/api/v1';

export class ApiError extends Error {
  readonly status: number;
  readonly problem: Problem;
  constructor(problem: Problem) {
    super(problem.detail ?? problem.title ?? `HTTP ${String(problem.status)}`);
    this.status = problem.status;
    this.problem = problem;
  }
}

/** The server was not reached at all. */
export class NetworkError extends Error {}

type Query = Record<string, string | number | boolean | null | undefined>;
interface Options {
  query?: Query;
  body?: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

function address(path: string, query: Query = {}): string {
  const asked = Object.entries(query).filter(([, value]) => value !== null && value !== undefined && value !== '');
  const text = new URLSearchParams(asked.map(([key, value]) => [key, String(value)])).toString();
  return `${BASE}${path}${text ? `?${text}` : ''}`;
}

async function problemOf(response: Response): Promise<Problem> {
  return problem(response.status, await response.json().catch(() => ({})), response.statusText);
}

function problem(status: number, body: unknown, otherwise = ''): Problem {
  return { ...(body as object | null), status, title: (body as Problem | null)?.title ?? otherwise };
}

const TICKET = 'ticket:';
const TICKETS = '/queue/tickets/';

/** A ticket's token is its holder's secret: logs and histories keep addresses, so it travels in a header. It is the end
 *  of `/queue/tickets/TOKEN`, the place `ticket:TOKEN`, or what is asked for as `ticket`. */
export function withTicket(path: string, query: Query = {}): { path: string; query: Query; headers: Record<string, string> } {
  let token = '';
  if (path.startsWith(TICKETS)) {
    token = decodeURIComponent(path.slice(TICKETS.length));
    path = `${TICKETS}mine`;
  }
  const asked = Object.entries(query).flatMap(([name, value]): [string, Query[string]][] => {
    if (name === 'ticket') token = String(value);
    else if (typeof value !== 'string' || !value.startsWith(TICKET)) return [[name, value]];
    else {
      token = value.slice(TICKET.length);
      return [[name, `${TICKET}mine`]];
    }
    return [];
  });
  return { path, query: Object.fromEntries(asked), headers: token ? { 'X-Ticket': token } : {} };
}

async function request<T>(method: string, where: string, { query: said, body, headers, signal }: Options = {}): Promise<T> {
  const { path, query, headers: shown } = withTicket(where, said);
  let response: Response;
  try {
    response = await fetch(address(path, query), {
      method,
      credentials: 'same-origin',
      headers: {
        Accept: 'application/json',
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
        ...shown,
        ...headers,
      },
      body: body === undefined ? null : JSON.stringify(body),
      signal: signal ?? null,
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new NetworkError(String(error));
  }
  if (!response.ok) throw new ApiError(await problemOf(response));
  if (response.status === 204) return undefined as T;
  return (await response.json()) as T;
}

export const api = {
  get: <T>(path: string, query?: Query, signal?: AbortSignal) =>
    request<T>('GET', path, { ...(query && { query }), ...(signal && { signal }) }),
  post: <T>(path: string, body: unknown = {}, headers?: Record<string, string>) =>
    request<T>('POST', path, { body, ...(headers && { headers }) }),
  put: <T = undefined>(path: string, body: unknown) => request<T>('PUT', path, { body }),
  patch: <T = undefined>(path: string, body: unknown, headers?: Record<string, string>) =>
    request<T>('PATCH', path, { body, ...(headers && { headers }) }),
  delete: <T = undefined>(path: string, headers?: Record<string, string>) => request<T>('DELETE', path, { ...(headers && { headers }) }),
};

/** The whole events in what has come of a line, and what is left for later. */
export function splitEvents(come: string): { events: string[]; rest: string } {
  const blocks = come.split('\n\n');
  const rest = blocks.pop() ?? '';
  return { events: blocks.filter((block) => block.startsWith('data: ')).map((block) => block.slice('data: '.length)), rest };
}

/** What a line of events tells, until it ends. `EventSource` shows no headers, and a secret stands in no address. */
export async function* follow<T>(path: string, headers: Record<string, string>, signal: AbortSignal): AsyncGenerator<T> {
  const response = await fetch(address(path), { headers: { Accept: 'text/event-stream', ...headers }, signal, cache: 'no-store' });
  if (!response.ok) throw new ApiError(await problemOf(response));
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  for (let come = ''; reader; ) {
    const { done, value } = await reader.read();
    if (done) return;
    const { events, rest } = splitEvents(come + value);
    come = rest;
    for (const event of events) yield JSON.parse(event) as T;
  }
}

/** The QR code of the page of this ticket, as the source of a picture. */
export async function ticketQr(token: string, signal: AbortSignal): Promise<string> {
  const response = await fetch(address('/qr.svg', { path: '/go/#/ticket/mine' }), { headers: { 'X-Ticket': token }, signal });
  if (!response.ok) throw new ApiError(await problemOf(response));
  return `data:image/svg+xml,${encodeURIComponent(await response.text())}`;
}

/** An `Idempotency-Key` for one wish: asked twice, it is carried out once. Works without HTTPS too. */
export function newKey(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Sends a file as it is; `onSent` hears what share of it has left (fetch does not tell). */
export function upload<T>(path: string, query: Query, file: Blob, onSent: (share: number) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    const sending = new XMLHttpRequest();
    sending.open('POST', address(path, query));
    sending.setRequestHeader('Content-Type', 'application/octet-stream');
    sending.setRequestHeader('Accept', 'application/json');
    sending.responseType = 'json';
    sending.upload.onprogress = (event) => { if (event.lengthComputable) onSent(event.loaded / event.total); };
    sending.onload = () => {
      if (sending.status < 300) resolve(sending.response as T);
      else reject(new ApiError(problem(sending.status, sending.response, sending.statusText)));
    };
    sending.onerror = () => { reject(new NetworkError('upload')); };
    sending.send(file);
  });
}

/** Staff pages: nobody is signed in, or no longer. Comes back to this very page after. */
export function toLogin(): void {
  const back = location.pathname + location.search + location.hash;
  location.replace(`/login/?next=${encodeURIComponent(back)}`);
}
