import { describe, expect, it } from 'vitest';
import {
  filterParams,
  initialState,
  isFiltered,
  languageFor,
  listParams,
  readAddress,
  readState,
  type State,
  writeState,
} from '../src/state.ts';

const everything: State = {
  view: { center: [28.84, 45.335], zoom: 9.25 },
  q: 'порт & port',
  from: '2023-07-01',
  to: '2023-09-30',
  eventTypes: ['explosions_remote_violence', 'battles'],
  infrastructures: ['port', 'food_storage'],
  damages: ['destroyed'],
  verifications: ['verified'],
  countries: ['UKR', 'MDA'],
  precisionM: 1000,
  area: [
    [28, 45],
    [30, 45],
    [30, 46],
  ],
  circle: { center: [28.8372, 45.3512], km: 12.5 },
  of: 'ROU',
  withinKm: 2.5,
  certainty: 'certain',
  includeInside: false,
  sort: 'distance',
  inView: true,
  id: '5f0b6d3c-9e41-4c55-9d2a-0193a8c27b1e',
  tool: 'area',
  at: [28.819, 45.333],
  step: 'week',
  show: 'ask',
  chart: 'distance_band',
  otherFrom: '2022-07-01',
  otherTo: '2022-09-30',
  embed: true,
  lang: 'uk',
};

describe('the state in the address', () => {
  it('is the same when it is read back', () => {
    expect(readState(writeState(everything, 'en'), 'en')).toEqual(everything);
    expect(readState(writeState(initialState('ro'), 'ro'), 'ro')).toEqual(initialState('ro'));
  });

  it('tells what it does not understand, and leaves it out', () => {
    const leftOut = (query: string) => readAddress(query, 'en').leftOut;
    expect(leftOut('?of=ROU&within-km=abc&foo=1&damage=severe,nonsense&datetime=x&bar')).toEqual([
      'datetime=x',
      'damage=nonsense',
      'within-km=abc',
      'foo=1',
      'bar',
    ]);
    expect(leftOut('?within-km=5')).toEqual(['within-km=5']);
    expect(leftOut('?q=a&q=b')).toEqual(['q=b']);
    expect(leftOut('?datetime=2024-01-01/later')).toEqual(['datetime=later']);
    for (const [name, value] of [
      ['lang', 'xx'],
      ['map', '1/2'],
      ['event-type', 'x'],
      ['country', '?'],
      ['precision-m', '7'],
      ['area', '1,2'],
      ['circle', '1,2,0'],
      ['of', '*'],
      ['certainty', 'x'],
      ['include-inside', 'x'],
      ['sortby', 'x'],
      ['list', 'x'],
      ['tool', 'x'],
      ['at', '1'],
      ['step', 'x'],
      ['show', 'x'],
      ['by', 'x'],
      ['other', '2024-02-01/2024-01-01'],
      ['embed', 'x'],
    ] as const) {
      expect(leftOut(`?${name}=${value}`)).toEqual([`${name}=${value}`]);
    }
    expect(leftOut(`?foo=${'x'.repeat(500)}`)[0]?.length).toBe(80);
  });

  it('has nothing to say of what it wrote, of defaults, and of what other tools add to an address', () => {
    const leftOut = (query: string) => readAddress(query, 'en').leftOut;
    expect(leftOut(writeState(everything, 'en'))).toEqual([]);
    expect(
      leftOut('?sortby=-date_start&certainty=possible&datetime=../..&q=&of=&show=map'),
    ).toEqual([]);
    const added = [
      'utm_source',
      'utm_medium',
      'fbclid',
      'gclid',
      'msclkid',
      'yclid',
      'mc_cid',
      '_ga',
      '_gl',
      'igshid',
      'srsltid',
      'wbraid',
      'gad_source',
    ];
    expect(leftOut(`?${added.map((name) => `${name}=a1`).join('&')}`)).toEqual([]);
  });

  it('is empty at the start, so that the plain address stays plain', () => {
    expect(writeState(initialState('en'), 'en')).toBe('');
  });

  it('uses the words of the API', () => {
    const query = writeState(everything, 'en');
    expect(query).toContain('of=ROU&within-km=2.5&certainty=certain&include-inside=false');
    expect(query).toContain('datetime=2023-07-01/2023-09-30');
    expect(query).toContain('event-type=explosions_remote_violence,battles');
    expect(query).toContain('infrastructure=port,food_storage&damage=destroyed');
    expect(query).toContain('country=UKR,MDA');
    expect(query).toContain('area=28,45;30,45;30,46&circle=28.8372,45.3512,12.5');
  });

  it('leaves out what it does not understand', () => {
    const odd =
      '?map=99/2/1&datetime=yesterday/2023-02-31x&event-type=war,battles&within-km=ten&of=NATO' +
      '&sortby=size&lang=fr&at=1,2,3&tool=hammer&certainty=maybe&infrastructure=castle&damage=,' +
      '&country=,U,<b>&precision-m=3&area=1,2;3,4&circle=1,2,-3&step=hour&show=war&by=moon&embed=yes';
    const state = readState(odd, 'ro');
    expect(state).toEqual({ ...initialState('ro'), eventTypes: ['battles'], of: 'NATO' });
  });

  it('has no span that ends before it begins', () => {
    const state = readState('?datetime=2024-02-01/2023-01-01&other=2024-01-01/2024-01-01', 'en');
    expect([state.from, state.to]).toEqual([null, null]);
    expect([state.otherFrom, state.otherTo]).toEqual(['2024-01-01', '2024-01-01']);
  });

  it('has no limit in kilometers without something to be near to', () => {
    expect(readState('?within-km=5', 'en').withinKm).toBeNull();
  });
});

describe('the filter', () => {
  it('says nothing about the screen', () => {
    const names = [...filterParams(everything).keys()];
    expect(names).toEqual([
      'q',
      'datetime',
      'event-type',
      'infrastructure',
      'damage',
      'verification',
      'country',
      'of',
      'within-km',
      'certainty',
      'include-inside',
      'filter',
    ]);
  });

  it('leaves an end open when only the other is chosen', () => {
    const from = { ...initialState('en'), from: '2024-01-01' };
    expect(filterParams(from).get('datetime')).toBe('2024-01-01/..');
  });

  it('takes the box of the map only when the list follows the map', () => {
    const bounds = [170, -20.123456, -170, 5] as const;
    expect(listParams(everything, bounds).get('bbox')).toBe('170,-20.12346,-170,5');
    expect(listParams({ ...everything, inView: false }, bounds).get('bbox')).toBeNull();
  });

  it('knows whether it hides anything: telling distances to Romania hides nothing', () => {
    expect(isFiltered({ ...initialState('en'), of: 'ROU' })).toBe(false);
    expect(isFiltered({ ...initialState('en'), of: 'ROU', withinKm: 0 })).toBe(true);
    expect(isFiltered({ ...initialState('en'), q: 'port' })).toBe(true);
  });
});

describe('the language', () => {
  it('is the first one the reader prefers that there is', () => {
    expect(languageFor(['fr-FR', 'uk-UA', 'en'])).toBe('uk');
    expect(languageFor(['RO'])).toBe('ro');
    expect(languageFor(['de'])).toBe('en');
    expect(languageFor([])).toBe('en');
  });
});
