import type { ReactNode } from 'react';

export interface FloorChoice {
  id: string;
  number: string;
  note?: ReactNode;
  marks?: ReactNode;
}

/** The floors of the hall, uppermost first; one may be chosen. */
export function FloorStrip({ floors, chosen, onChoose, label }: {
  floors: FloorChoice[];
  chosen: string | null;
  onChoose: (id: string) => void;
  label: string;
}) {
  return (
    <div className="floor-strip" role="group" aria-label={label}>
      {floors.map((floor) => (
        <button key={floor.id} type="button" aria-pressed={floor.id === chosen} onClick={() => { onChoose(floor.id); }}>
          <span className="floor-number">{floor.number}</span>
          <span className="note">{floor.note}</span>
          <span className="row">{floor.marks}</span>
        </button>
      ))}
    </div>
  );
}
