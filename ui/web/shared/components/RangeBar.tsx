/** A range on a line: the band's width is the uncertainty (P10-P90). */
export function RangeBar({ low, high, mid, max, label }: { low: number; high: number; mid?: number; max: number; label: string }) {
  const at = (value: number) => `${String(Math.min(100, Math.max(0, (value / max) * 100)))}%`;
  return (
    <div className="range-bar" role="img" aria-label={label}>
      <i style={{ left: at(low), width: `calc(${at(high)} - ${at(low)})` }} />
      {mid !== undefined && <b style={{ left: at(mid) }} />}
    </div>
  );
}
