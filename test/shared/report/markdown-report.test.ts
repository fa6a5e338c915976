// test/shared/report/markdown-report.test.ts: a report as Markdown: pictures as files, tables that stay tables.
import { expect, test } from 'vitest';
import { toMarkdown } from '../../../shared/report/markdown-report.ts';

test('pictures become files of their own, each referred to once', () => {
  const { text, pictures } = toMarkdown(
    {
      title: 'A version',
      sections: [
        {
          heading: 'Precision–recall',
          pictures: [{ svg: '<svg>1</svg>', caption: 'First.' }, { svg: '<svg>2</svg>' }],
        },
        { heading: 'By portfolio', svg: '<svg>3</svg>' },
      ],
    },
    'card',
  );
  expect([...pictures]).toEqual([
    ['card-precision-recall.svg', '<svg>1</svg>\n'],
    ['card-precision-recall-2.svg', '<svg>2</svg>\n'],
    ['card-by-portfolio.svg', '<svg>3</svg>\n'],
  ]);
  for (const name of pictures.keys()) expect(text.split(`](${name})`)).toHaveLength(2);
  expect(text).toContain('*First.*');
});

test('a bar or a line break in a cell does not break the table', () => {
  const { text } = toMarkdown(
    {
      title: 'A version',
      headlines: [{ label: 'AUC', value: '.9' }],
      sections: [
        {
          heading: 'Gates',
          table: { columns: ['gate', 'figure'], rows: [['a | b\nc', 0.12345]], note: 'Small.' },
        },
      ],
    },
    'card',
  );
  expect(text).toContain('| gate | figure |\n|---|---|\n| a \\| b c | 0.123 |\n\nSmall.');
  expect(text).toContain('| AUC | .9 |  |');
});
