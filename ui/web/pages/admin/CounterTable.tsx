import { useHallData } from '@/shared/console/data';

/** Counters, zero said as well; `nameOf` puts their names into words. */
export function CounterTable({ title, values, nameOf }: { title: string; values: Record<string, unknown>; nameOf?: (name: string) => string }) {
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
        {Object.entries(values).map(([name, value]) => <div key={name}><dt className={nameOf ? undefined : 'mono'}>{nameOf?.(name) ?? name}</dt><dd className="nb" data-zero={value === 0 ? '' : undefined}>{words(name, value)}</dd></div>)}
      </dl>
    </section>
  );
}
