import { describe, expect, it } from 'vitest';
import { initialState, LANGUAGES, readState } from '../src/state.ts';
import en from '../src/text/en.json';
import ro from '../src/text/ro.json';
import uk from '../src/text/uk.json';
import type { Incident, Measure, World } from '../src/types.ts';
import {
  isMember,
  printDistance,
  printLength,
  stepOf,
  targetName,
  tellAzimuth,
  tellDate,
  tellDay,
  tellDistance,
  tellPeople,
  tellQuestion,
  tellRange,
  tellUtc,
  tellVerification,
  titleLanguage,
  titleOf,
  wordsFor,
} from '../src/words.ts';

const [english, ukrainian, romanian] = LANGUAGES.map(wordsFor) as [
  ReturnType<typeof wordsFor>,
  ReturnType<typeof wordsFor>,
  ReturnType<typeof wordsFor>,
];

const world: World = {
  territories: [
    { code: 'ROU', isoA2: 'RO', name: 'Romania' },
    { code: 'UKR', isoA2: 'UA', name: 'Ukraine' },
    { code: 'FIN', isoA2: 'FI', name: 'Finland' },
    { code: 'XNC', isoA2: null, name: 'Northern Cyprus' },
  ],
  sets: [
    {
      name: 'NATO',
      members: [
        { code: 'ROU', from: '2004-03-29', until: null },
        { code: 'FIN', from: '2023-04-04', until: null },
      ],
    },
    { name: 'EU', members: [{ code: 'ROU', from: null, until: null }] },
  ],
};

function measure(signed: number, reach: number, more: Partial<Measure> = {}): Measure {
  return {
    to: 'ROU',
    country: 'ROU',
    name: 'Romania',
    distance: Math.max(0, signed),
    signed,
    low: Math.max(0, signed - reach),
    high: Math.max(0, signed + reach),
    nearestPoint: [28.82, 45.33],
    azimuth: 214,
    kind: 'river-or-lake',
    side: Math.abs(signed) <= reach ? 'uncertain' : signed < 0 ? 'inside' : 'outside',
    accuracy: 200,
    reach,
    ...more,
  };
}

const incident: Incident = {
  id: '1',
  places: [[28.84, 45.335]],
  title: { en: 'Drone strike', uk: 'Удар дрона' },
  description: {},
  dateStart: '2025-05-30T01:10:00+03:00',
  dateEnd: null,
  datePrecision: 'exact',
  eventType: 'explosions_remote_violence',
  subEventType: 'air_drone_strike',
  location: 'Izmail',
  admin1: null,
  country: 'UKR',
  locationRadius: 1000,
  verification: 'verified',
  deaths: { low: null, best: null, high: null },
  injured: { low: null, best: null, high: null },
  impacts: [],
  sources: [],
  license: null,
  border: null,
};

/** No-break spaces are how some languages set numbers; they are not what is tested. */
function plain(text: string | null): string | null {
  return text?.replace(/[\u00a0\u202f]/g, ' ') ?? null;
}

describe('a sentence', () => {
  it('ends with one stop, also after a word that has its own', () => {
    const note = ukrainian.t('report.small.note', { span: 'травень 2024 р.', n: 3 });
    expect(note).toMatch(/^травень 2024 р\. \p{Lu}/u);
    expect(english.t('report.filter', { filter: 'May 2024' })).toBe('Chosen by May 2024.');
  });
});

describe('people', () => {
  it('are told in the form of their number', () => {
    const range = (low: number | null, high = low) => ({ low, best: null, high });
    const killed = (words: typeof english, low: number | null, high = low) =>
      tellPeople(words, 'panel.people.deaths', range(low, high));
    const injured = (words: typeof english, number: number) =>
      tellPeople(words, 'panel.people.injured', range(number));
    expect(killed(english, 1)).toBe('1 killed');
    expect([1, 21, 3, 11, 5].map((n) => killed(ukrainian, n))).toEqual([
      '1 загиблий',
      '21 загиблий',
      '3 загиблі',
      '11 загиблих',
      '5 загиблих',
    ]);
    expect([1, 2, 25].map((n) => injured(ukrainian, n))).toEqual([
      '1 поранений',
      '2 поранені',
      '25 поранених',
    ]);
    expect([1, 19, 20, 101].map((n) => killed(romanian, n))).toEqual([
      '1 mort',
      '19 morți',
      '20 de morți',
      '101 morți',
    ]);
    expect([1, 2, 30].map((n) => injured(romanian, n))).toEqual([
      '1 rănit',
      '2 răniți',
      '30 de răniți',
    ]);
    expect(killed(ukrainian, 3, 5)).toBe('3–5 загиблих');
    expect(killed(ukrainian, null)).toBeNull();
  });
});

describe('the verification', () => {
  it('is not told of a record that states none', () => {
    expect(tellVerification(english, incident)).toBe('verified');
    expect(tellVerification(english, { ...incident, verification: null })).toBe('not stated');
    expect(tellVerification(ukrainian, { ...incident, verification: null })).toBe('не вказано');
  });
});

describe('the catalogues', () => {
  it('have the same keys and the same places to fill in', () => {
    const holes = (text: unknown) => {
      const all = typeof text === 'string' ? [text] : Object.values(text as Record<string, string>);
      return [...new Set(all.flatMap((form) => form.match(/\{\w+\}/g) ?? []))].sort();
    };
    for (const other of [uk, ro] as Record<string, unknown>[]) {
      expect(Object.keys(other)).toEqual(Object.keys(en));
      for (const [key, text] of Object.entries(en)) {
        expect(holes(other[key]), key).toEqual(holes(text));
      }
    }
  });

  it('count as each language does', () => {
    const count = (words: typeof english, total: number) =>
      words.t('list.count.all', { count: total, total });
    expect([1, 2, 5].map((n) => count(english, n))).toEqual([
      '1 incident',
      '2 incidents',
      '5 incidents',
    ]);
    expect([1, 3, 5, 21].map((n) => count(ukrainian, n))).toEqual([
      '1 інцидент',
      '3 інциденти',
      '5 інцидентів',
      '21 інцидент',
    ]);
    expect([1, 2, 20].map((n) => count(romanian, n))).toEqual([
      '1 incident',
      '2 incidente',
      '20 de incidente',
    ]);
  });
});

describe('digits', () => {
  it('stop where the interval makes them meaningless', () => {
    expect([1, 25, 200, 300, 1000, 3200, 26_000].map(stepOf)).toEqual([
      1, 1, 10, 100, 100, 1000, 1000,
    ]);
  });

  it('are few when little is known and more when much is', () => {
    const print = (meters: number, low: number, high: number) => {
      const { distance, range } = printDistance(english, meters, low, high);
      return plain(`${distance} (${range})`);
    };
    expect(print(2221, 1221, 3221)).toBe('2.2 km (1.2–3.3 km)');
    expect(print(2221, 2021, 2421)).toBe('2.22 km (2.02–2.43 km)');
    expect(print(2221, 0, 5421)).toBe('2 km (0–6 km)');
    expect(print(254, 54, 454)).toBe('250 m (50–460 m)');
    expect(print(254, 0, 3454)).toBe('<1 km (0–4 km)');
    expect(print(21_950, 18_750, 25_150)).toBe('22 km (18–26 km)');
  });

  it('never narrow the interval they print', () => {
    for (let meters = 10; meters < 100_000; meters = Math.ceil(meters * 1.37)) {
      for (const half of [7, 50, 200, 999, 1000, 3200, 25_200]) {
        const [low, high] = [Math.max(0, meters - half), meters + half];
        const printed = printDistance(english, meters, low, high);
        const unit = printed.high.endsWith('km') ? 1000 : 1;
        const number = (text: string) => Number(text.replace(/[^\d.]/g, '')) * unit;
        expect(number(printed.low)).toBeLessThanOrEqual(low + 0.01);
        expect(number(printed.high)).toBeGreaterThanOrEqual(high - 0.01);
      }
    }
  });

  it('of an accuracy are plain', () => {
    expect(plain(printLength(english, 200))).toBe('200 m');
    expect(plain(printLength(ukrainian, 4000))).toBe('4 км');
  });
});

describe('the distance in words', () => {
  const tell = (words: typeof english, one: Measure) =>
    plain(tellDistance(words, one, world, null));

  it('names the country and whether it is in NATO', () => {
    const one = measure(2221, 1000);
    expect(tell(english, one)).toBe('2.2 km (1.2–3.3 km) from Romania (NATO)');
    expect(tell(ukrainian, one)).toBe('2,2 км (1,2–3,3 км) до кордону: Румунія (НАТО)');
    expect(tell(romanian, one)).toBe('2,2 km (1,2–3,3 km) până la frontieră: România (NATO)');
  });

  it('says inside, and how deep', () => {
    expect(tell(english, measure(-2540, 300))).toBe(
      'inside Romania (NATO), 2.5 km (2.2–2.9 km) from its border',
    );
    expect(tell(english, measure(0, 0, { side: 'inside' }))).toBe('inside Romania (NATO)');
  });

  it('says that the side is uncertain when the circle crosses the border', () => {
    expect(tell(english, measure(2221, 3200))).toBe(
      '2 km (0–6 km) from Romania (NATO), side uncertain',
    );
    expect(tell(english, measure(-254, 1200))).toBe(
      'inside Romania (NATO) by 0.3 km, side uncertain (or up to 0.9 km outside)',
    );
    expect(tell(romanian, measure(2221, 3200))).toContain('partea incertă');
    expect(tell(ukrainian, measure(2221, 3200))).toContain('бік невідомий');
  });

  it('names the member of a set that was nearest', () => {
    expect(targetName(english, measure(1, 0, { to: 'NATO' }), world, null)).toBe('NATO (Romania)');
    expect(targetName(ukrainian, measure(1, 0, { to: 'EU' }), world, null)).toBe('ЄС (Румунія)');
  });

  it('knows that Finland was not in NATO in 2022', () => {
    const [nato] = world.sets;
    expect(nato && isMember(nato, 'FIN', '2022-03-01T10:00:00Z')).toBe(false);
    expect(nato && isMember(nato, 'FIN', '2023-04-04')).toBe(true);
    expect(nato && isMember(nato, 'FIN', null)).toBe(true);
  });

  it('keeps the English name of what the browser cannot name', () => {
    const one = measure(5000, 0, { to: 'XNC', country: 'XNC', name: 'Northern Cyprus' });
    expect(targetName(ukrainian, one, world, null)).toBe('Northern Cyprus');
  });

  it('gives the direction', () => {
    expect(tellAzimuth(english, 214.4)).toBe('to the southwest, azimuth 214°');
    expect(tellAzimuth(english, 359.9)).toBe('to the north, azimuth 0°');
  });
});

describe('a date', () => {
  const tell = (
    datePrecision: string,
    dateStart = incident.dateStart,
    dateEnd: string | null = null,
  ) => plain(tellDate(english, { ...incident, datePrecision, dateStart, dateEnd }));

  it('is told as finely as it is known, and no finer', () => {
    expect(tell('exact')).toBe('30 May 2025, 01:10 (UTC+3)');
    expect(tell('hour')).toBe('30 May 2025, about 01:10 (UTC+3)');
    expect(tell('day')).toBe('30 May 2025');
    expect(tell('week', '2025-05-26')).toBe('week of 26 May 2025');
    expect(tell('month', '2025-05')).toBe('May 2025');
    expect(tell('month', '2025-05-01')).toBe('May 2025');
    expect(tell('year', '2025-01-01')).toBe('2025');
    expect(tell('exact', '2025-05-30')).toBe('30 May 2025');
    expect(tell('day', null)).toBe('date unknown');
  });

  it('is a range when it has an end, and a day in the list', () => {
    expect(tell('day', '2025-05-30', '2025-06-02')).toBe('30 May 2025 – 2 June 2025');
    expect(plain(tellDay(english, incident))).toBe('30 May 2025');
  });

  it('is told in UTC too when its zone is another', () => {
    expect(plain(tellUtc(english, '2025-05-30T01:10:00+03:00', 'exact'))).toBe('29 May, 22:10 UTC');
    expect(tellUtc(english, '2025-05-30T01:10:00Z', 'exact')).toBeNull();
    expect(tellUtc(english, '2025-05-30', 'day')).toBeNull();
  });

  it('speaks the language of the page', () => {
    expect(plain(tellDate(ukrainian, { ...incident, datePrecision: 'month' }))).toContain(
      'травень 2025',
    );
    expect(plain(tellDate(romanian, { ...incident, datePrecision: 'day' }))).toBe('30 mai 2025');
  });
});

describe('the rest of the words', () => {
  it('shows casualties as the range they are', () => {
    expect(tellRange(english, { low: 3, best: null, high: 5 })).toBe('3–5');
    expect(tellRange(english, { low: 0, best: 0, high: 0 })).toBe('0');
    expect(tellRange(english, { low: 3, best: null, high: null })).toBe('≥ 3');
    expect(tellRange(english, { low: null, best: null, high: null })).toBeNull();
  });

  it('finds a title in the language of the page, else in English, else from the kind of event', () => {
    expect(titleOf(ukrainian, incident)).toBe('Удар дрона');
    expect(titleOf(romanian, incident)).toBe('Drone strike');
    expect(titleOf(english, { ...incident, title: {} })).toBe('Air or drone strike, Izmail');
  });

  it('takes the beginning of the description for a title where there is none', () => {
    const told = (text: string) =>
      titleOf(english, { ...incident, title: {}, description: { '': text } });
    expect(told('Police disperse Kiev protest, activists say one shot dead.')).toBe(
      'Police disperse Kiev protest, activists say one shot dead',
    );
    expect(told('Drones hit the port at night. Two were hurt.')).toBe(
      'Drones hit the port at night.'.slice(0, -1),
    );
    const long = told(`${'a long story of many words '.repeat(9)}end`);
    expect(long.length).toBeLessThanOrEqual(111);
    expect(long).toMatch(/\w…$/);
    expect(titleLanguage({ ...incident, title: {}, description: { uk: 'Опис' } }, 'en')).toBe('uk');
  });

  it('shows a word it does not know as it is', () => {
    expect(english.term('subtype', 'sea_mine')).toBe('sea mine');
  });
});

describe('a question', () => {
  it('is told with all that narrows it, and is nothing when nothing does', () => {
    const state = readState(
      '?q=terminal&datetime=2024-01-05/2024-02&event-type=battles&infrastructure=port,vessel' +
        '&damage=severe&verification=verified&country=UKR&of=ROU&within-km=10&include-inside=false' +
        '&circle=28.8,45.3,20&precision-m=1000',
      'en',
    );
    expect(tellQuestion(english, state, world).map((part) => part.replace(/\u00a0/g, ' '))).toEqual(
      [
        '“terminal”',
        '5 January 2024 – …',
        'possibly within 10 km: Romania, not inside it',
        'Event type: Battle',
        'Infrastructure: port, vessel',
        'Damage: severe damage',
        'Verification: verified',
        'Country: Ukraine',
        'circle, 20 km',
        'Place good to ≤ 1 km',
      ],
    );
    expect(tellQuestion(english, initialState('en'), world)).toEqual([]);
  });

  it('tells to what distances are told, and one day as one', () => {
    const state = readState('?of=NATO&datetime=2024-05-14/2024-05-14', 'en');
    expect(tellQuestion(english, state, world)).toEqual(['14 May 2024', 'Distance to: NATO']);
  });
});
