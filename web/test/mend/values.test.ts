import { describe, expect, it } from 'vitest';
import { tellReview } from '../../src/mend/history.ts';
import { tellDifference, tellValue } from '../../src/mend/values.ts';
import { wordsFor } from '../../src/words.ts';

const [english, ukrainian] = [wordsFor('en'), wordsFor('uk')];

describe('a difference', () => {
  it('is told in the reader’s words, with the facility it is about', () => {
    const told = 'impacts[0].damage: possible → severe';
    expect(tellDifference(english, told)).toBe(
      'Facility 1, Damage grade: possible damage → severe damage',
    );
    expect(tellDifference(ukrainian, told)).toMatch(/^Об’єкт 1, Ступінь пошкодження: .* → /);
    expect(tellDifference(english, 'sources[1].credibility: not stated → 2')).toBe(
      'Source 2, Credibility of the information (Admiralty): not stated → 2: probably true',
    );
    expect(tellDifference(english, 'tags[2]: a → b')).toBe('Tags 3: a → b');
    expect(tellDifference(english, 'place: [29.262,45.4436] → [29.273018,45.455195]')).toBe(
      'Place: 29.262, 45.4436 → 29.273018, 45.455195',
    );
    expect(tellDifference(english, 'merged_from[0]: not stated → x-1')).toBe(
      'Merged with 1: not stated → x-1',
    );
  });

  it('that is told in another form is told as it came', () => {
    expect(tellDifference(english, 'something else')).toBe('something else');
    expect(tellDifference(english, 'title.en: a: b → c → d')).toBe('Title, English: a: b → c → d');
  });

  it('of a text names its language, also when nobody told which it is', () => {
    expect(tellDifference(english, 'title.und: a → b')).toBe('Title, language not told: a → b');
    expect(tellDifference(ukrainian, 'title.uk: a → b')).toBe('Заголовок, українська: a → b');
  });
});

describe('a value', () => {
  it('in languages is told with their names, and one of no language as it is', () => {
    expect(tellValue(english, 'title', { und: 'Drones over Reni' })).toBe('Drones over Reni');
    expect(tellValue(english, 'description', { en: 'a', uk: 'б' })).toBe(
      'English: a; Ukrainian: б',
    );
  });

  it('of any kind is told, and what is not there is said to be', () => {
    expect(tellValue(english, 'deaths_best', 0)).toBe('0');
    expect(tellValue(english, 'deaths_best', null)).toBe('not stated');
    expect(tellValue(english, 'civilian_targeting', false)).toBe('no');
    expect(tellValue(english, 'reliability', 'B')).toBe('B: usually reliable');
    expect(tellValue(english, 'location', 'Port of Izmail')).toBe('Port of Izmail');
    const place = { type: 'Point', coordinates: [29.269000000000002, 45.437] };
    expect(tellValue(english, 'geometry', place)).toBe('29.269, 45.437');
    expect(tellValue(english, 'impacts', [{ facility: 'school', damage: 'severe' }])).toBe(
      'Facility: school, Damage grade: severe damage',
    );
  });
});

describe('a review', () => {
  it('by the one who wrote is not called that of a second person', () => {
    expect(tellReview(english, 'anna', 'anna')).toMatch(/not the review of a second person/);
    expect(tellReview(english, 'anna', 'boris')).toBe('Recorded: boris reviewed what anna wrote.');
  });
});
