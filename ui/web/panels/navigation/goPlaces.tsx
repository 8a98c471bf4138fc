/** Finding a place by its name, number, pinyin or initials: to go to, or where one stands. */
import { useEffect, useState } from 'react';
import { KeptNote, useKept } from '@/pages/go/goKept';
import { floorOf, useHall } from '@/pages/go/goHall';
import type { PlaceHit } from '@/shared/api/types';
import { ErrorNotice } from '@/shared/components/ErrorNotice';
import { Icon } from '@/shared/components/Icon';
import { SearchField } from '@/shared/components/SearchField';
import { useT, useText } from '@/shared/i18n';
import './goWords';

const MOST = 20;
const REST_MS = 150;

export function PlaceSearch({ label, placeholder, hrefOf, onPick }: {
  label: string;
  placeholder: string;
  hrefOf: (place: PlaceHit) => string;
  onPick?: () => void;
}) {
  const t = useT();
  const [text, setText] = useState('');
  const [asked, setAsked] = useState('');
  useEffect(() => {
    const rest = setTimeout(() => { setAsked(text.trim()); }, REST_MS);
    return () => { clearTimeout(rest); };
  }, [text]);
  const { data, error, again, keptMs } = useKept<PlaceHit[]>(asked ? '/building/places' : null, { q: asked, limit: MOST });
  return (
    <div className="go-places">
      <SearchField value={text} onChange={setText} onSubmit={(typed) => { setAsked(typed.trim()); }} label={label} placeholder={placeholder} />
      <KeptNote ms={keptMs} />
      <ErrorNotice error={error} onRetry={again} />
      <p className="sr-only" role="status">{data ? t('goWay:found', { n: data.length }) : ''}</p>
      {data?.length === 0 && <p>{t('goWay:nothing')}</p>}
      {data && data.length > 0 && (
        <ul className="card go-rows">
          {data.map((place) => <li key={place.id}><a className="go-place" href={hrefOf(place)} onClick={onPick}><PlaceName place={place} /></a></li>)}
        </ul>
      )}
    </div>
  );
}

function PlaceName({ place }: { place: PlaceHit }) {
  const text = useText();
  const { data: hall } = useHall();
  const name = text(place.name);
  return (
    <>
      <Icon name="pin" />
      <span><b>{place.kind === 'window' && place.number ? place.number : name}</b>{place.kind === 'window' && place.number && name !== place.number && <span className="note">{name}</span>}</span>
      <span className="note">{floorOf(hall, place.floor)?.number}</span>
    </>
  );
}
