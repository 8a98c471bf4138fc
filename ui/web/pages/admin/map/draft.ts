/** A draft of the building: what the server keeps of it, and the few ways to change it. */
import { useCallback, useEffect, useState } from 'react';
import { api } from '@/shared/api/client';
import type { components } from '@/shared/api/schema';
import type { Scene } from '@/shared/api/types';
import type { Edit } from './tools';

type Schemas = components['schemas'];
export type Limits = Schemas['LimitsOut'];
export type Draft = Schemas['DraftOut'];
export type MapProblem = Schemas['ProblemOut'];
export type Report = Schemas['ReportOut'];
export type Difference = Schemas['DiffOut']['added'][number] & Partial<Pick<Schemas['MovedOut'], 'distance_m'>>;
export type Diff = Schemas['DiffOut'];
export type Version = Schemas['VersionOut'];

const READING_MS = 400;
export const draftPath = (id: string) => `/building/drafts/${encodeURIComponent(id)}`;

/** The draft, and while its file is read, how far that is. */
export function useDraft(id: string) {
  const [draft, setDraft] = useState<Draft | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const [round, setRound] = useState(0);
  const reading = draft === null || draft.state === 'reading';
  useEffect(() => {
    if (!reading) return;
    const stop = new AbortController();
    const timer = setTimeout(() => {
      api.get<Draft>(draftPath(id), {}, stop.signal).then(
        (told) => { setDraft(told); setRound((n) => n + 1); },
        (reason: unknown) => { if (!stop.signal.aborted) setError(reason); },
      );
    }, round === 0 ? 0 : READING_MS);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [id, reading, round]);

  const change = useCallback(async (path: string, body: object): Promise<boolean> => {
    setBusy(true);
    setError(null);
    try {
      setDraft(await api.post<Draft>(`${draftPath(id)}/${path}`, body));
      return true;
    } catch (reason) {
      setError(reason);
      return false;
    } finally {
      setBusy(false);
    }
  }, [id]);
  const revision = draft?.revision ?? 0;
  return {
    draft, error, busy,
    send: (edit: Edit) => change('edits', { revision, edit }),
    undo: () => change('undo', { revision }),
    redo: () => change('redo', { revision }),
    rebase: () => change('rebase', { revision }),
    clearError: () => { setError(null); },
  };
}

/** What the draft looks like and what is wrong with it; the old answers stay until the new ones are there. */
export function useDraftView(draft: Draft | null): { scene: Scene | null; report: Report | null; diff: Diff | null; error: unknown } {
  const [view, setView] = useState<{ scene: Scene | null; report: Report | null; diff: Diff | null; error: unknown }>({ scene: null, report: null, diff: null, error: null });
  const asked = draft?.state === 'ready' ? draft.id : null;
  const revision = draft?.revision;
  useEffect(() => {
    if (asked === null) return;
    const stop = new AbortController();
    const path = draftPath(asked);
    Promise.all([
      api.get<Scene>(`${path}/scene`, {}, stop.signal),
      api.get<Report>(`${path}/report`, {}, stop.signal),
      api.get<Diff>(`${path}/diff`, {}, stop.signal),
    ]).then(
      ([scene, report, diff]) => { setView({ scene, report, diff, error: null }); },
      (error: unknown) => { if (!stop.signal.aborted) setView((before) => ({ ...before, error })); },
    );
    return () => { stop.abort(); };
  }, [asked, revision]);
  return view;
}
