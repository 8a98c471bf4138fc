import { ToggleButton, ToggleButtonGroup } from 'react-aria-components';

/** One of a few: view, range, theme. Arrow keys move, one is always chosen. */
export function Choice<T extends string>({ options, chosen, onChoose, label }: {
  options: { id: T; title: string }[];
  chosen: T;
  onChoose: (id: T) => void;
  label: string;
}) {
  return (
    <ToggleButtonGroup
      className="choice" aria-label={label} selectionMode="single" disallowEmptySelection selectedKeys={[chosen]}
      onSelectionChange={(keys) => {
        const key = [...keys][0];
        if (key !== undefined) onChoose(key as T);
      }}
    >
      {options.map((option) => <ToggleButton key={option.id} id={option.id} className="choice-item">{option.title}</ToggleButton>)}
    </ToggleButtonGroup>
  );
}
