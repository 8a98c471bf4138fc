/** The lines themselves: who, when, what, to what, why, and what became another. */
import type { components } from '@/shared/api/schema';
import { useT } from '@/shared/i18n';
import { differences } from './differences';

type Line = components['schemas']['AuditLineOut'];
const SHOWN = 4;

export function AuditLines({ lines, nameOf, stamp }: { lines: readonly Line[]; nameOf: (id: string) => string; stamp: (ms: number) => string }) {
  const t = useT();
  return (
    <div className="table-wide" tabIndex={0} role="region" aria-label={t('audit:line.caption')}>
      <table className="table card audit-lines">
        <thead><tr>{(['id', 'at', 'who', 'action', 'target', 'change', 'why', 'proof'] as const).map((name) => <th key={name} scope="col">{t(`audit:line.${name}`)}</th>)}</tr></thead>
        <tbody>
          {lines.map((line) => (
            <tr key={line.id}>
              <td className="figure nb">{line.id}</td>
              <td className="nb">{stamp(line.at_ms)}</td>
              <td className="nb" title={line.actor}>{nameOf(line.actor)}</td>
              <td title={line.action}>{t(`audit:did.${line.action}`, { defaultValue: line.action })}</td>
              <td className="mono">{line.target}</td>
              <td><Change before={line.before} after={line.after} /></td>
              <td>{line.why}</td>
              <td className="nb"><a href={`/api/v1/audit/proof?line=${String(line.id)}`} download={`audit-${String(line.id)}.json`} aria-label={t('audit:line.proofOf', { line: line.id })}>{t('audit:line.proof')}</a></td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Change({ before, after }: { before: unknown; after: unknown }) {
  const t = useT();
  const all = differences(before, after);
  const none = t('audit:line.none');
  const rows = (some: typeof all) => (
    <dl className="audit-change">
      {some.map((one) => (
        <div key={one.name}>
          {one.name && <dt className="mono">{one.name}</dt>}
          <dd>{before !== null && <><del>{one.before ?? none}</del> → </>}<ins>{one.after ?? none}</ins></dd>
        </div>
      ))}
    </dl>
  );
  if (all.length === 0) return <span className="note">—</span>;
  return (
    <>
      {rows(all.slice(0, SHOWN))}
      {all.length > SHOWN && <details><summary>{t('audit:line.more', { n: all.length - SHOWN })}</summary>{rows(all.slice(SHOWN))}</details>}
    </>
  );
}
