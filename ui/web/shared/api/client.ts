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
  const body: unknown = await response.json().catch(() => ({}));
  return { ...(body as object), status: response.status, title: (body as Problem).title ?? response.statusText };
}

async function request<T>(method: string, path: string, { query, body, headers, signal }: Options = {}): Promise<T> {
  let response: Response;
  try {
    response = await fetch(address(path, query), {
      method,
      credentials: 'same-origin',
      headers: {
        Accept: 'application/json',
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
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
  delete: <T = undefined>(path: string) => request<T>('DELETE', path),
};

/** Staff pages: nobody is signed in, or no longer. Comes back to this very page after. */
export function toLogin(): void {
  const back = location.pathname + location.search + location.hash;
  location.replace(`/login/?next=${encodeURIComponent(back)}`);
}
