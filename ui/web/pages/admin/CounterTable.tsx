import { useHallData } from '@/shared/console/data';

/** Counters by name, zero said as well. */
export function CounterTable({ title, values }: { title: string; values: Record<string, unknown> }) {
  const { timezone } = useHallData();
  const words = (name: string, value: unknown) => {
    if (value === null || value === '') return '—';
    if (typeof value !== 'number') return String(value);
    return name === 'since_ms' ? new Date(value).toLocaleString('sv-SE', { timeZone: timezone }) : value.toLocaleString('en');
  };
  return (
    <section className="card panel-pad">
      <h3>{title}</h3>
      <dl className="counters">
        {Object.entries(values).map(([name, value]) => <div key={name}><dt className="mono">{name}</dt><dd className="nb" data-zero={value === 0 ? '' : undefined}>{words(name, value)}</dd></div>)}
      </dl>
    </section>
  );
}
