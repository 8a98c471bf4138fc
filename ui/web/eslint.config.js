import hooks from 'eslint-plugin-react-hooks';
import tseslint from 'typescript-eslint';

export default tseslint.config(
  { ignores: ['dist', 'node_modules', 'shared/api/schema.d.ts'] },
  {
    files: ['**/*.{ts,tsx}'],
    extends: [tseslint.configs.strict, hooks.configs.flat['recommended-latest']],
    rules: {
      eqeqeq: 'error',
      'no-console': 'error',
      // No text becomes code.
      'no-eval': 'error',
      'no-implied-eval': 'error',
      'no-new-func': 'error',
      'no-script-url': 'error',
      // No name from outside becomes a field of an object: what is looked up by a name is a Map.
      'no-proto': 'error',
      'no-extend-native': 'error',
      'no-restricted-syntax': ['error',
        { selector: 'AssignmentExpression > MemberExpression.left[computed=true][property.type!="Literal"]', message: 'Use a Map, or make a new object or array.' },
        { selector: 'ForInStatement', message: 'Use Object.entries: it leaves out what is inherited.' },
        { selector: 'CallExpression[callee.object.name="Object"][callee.property.name=/^(assign|setPrototypeOf|defineProperty|defineProperties)$/]', message: 'Spread into a new object.' },
        { selector: 'Literal[value="__proto__"]', message: 'Nobody touches prototypes.' },
      ],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
    },
  },
);
