// Pairs of reports that somebody judged to be two events: remembered by their ids in this browser, and nowhere else.

const NAME = 'kordon.apart';

type Ids = readonly [string, string];

export interface Apart {
  has(ids: Ids): boolean;
  /** `false` when it is forgotten with the page, since the browser keeps nothing. */
  set(ids: Ids, isApart: boolean): boolean;
}

/** What `storage` remembers; without one, what is said to this page. */
export function readApart(storage: Storage | null): Apart {
  let known = read(storage);
  return {
    has: (ids) => known.has(keyOf(ids)),
    set(ids, isApart) {
      // Another window may have put pairs aside meanwhile.
      if (storage) known = new Set([...known, ...read(storage)]);
      if (isApart) known.add(keyOf(ids));
      else known.delete(keyOf(ids));
      try {
        storage?.setItem(NAME, JSON.stringify([...known]));
        return storage !== null;
      } catch {
        return false;
      }
    },
  };
}

/** The browser's storage; `null` where reading pages may not use it. */
export function storageOf(): Storage | null {
  try {
    return localStorage;
  } catch {
    return null;
  }
}

/** The same for a pair and for it the other way round. */
function keyOf(ids: Ids): string {
  return [...ids].sort().join(' ');
}

/** What is no list of pairs was not written here, and is none. */
function read(storage: Storage | null): Set<string> {
  try {
    const told: unknown = JSON.parse(storage?.getItem(NAME) ?? '[]');
    return new Set(Array.isArray(told) ? told.filter((one) => typeof one === 'string') : []);
  } catch {
    return new Set();
  }
}
