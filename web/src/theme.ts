// Made by data/style/build.mjs from data/style/style.json; not to be changed by hand.

/** The colours of the map. */
export const THEME_COLORS = {
  light: {
    name: 'light',
    sea: '#cddbe4',
    land: '#f4f2ec',
    coast: '#b4c5d1',
    river: '#b3c9d8',
    admin: '#cfc9d4',
    border: '#8d8299',
    borderCasing: '#fbfaf7',
    maritime: '#9fb2c2',
    target: '#1f4e8c',
    country: '#5d5868',
    place: '#3f4855',
    placeDot: '#7b8491',
    halo: '#f8f7f3',
    line: '#12408f',
    lineCasing: '#ffffff',
    circle: '#12408f',
    drawn: '#5a3db0',
    inside: '#8f2a12',
    cluster: '#33475f',
    clusterRing: '#ffffff',
    clusterText: '#ffffff',
  },
  dark: {
    name: 'dark',
    sea: '#10171e',
    land: '#222a33',
    coast: '#33414e',
    river: '#2c4357',
    admin: '#3d4450',
    border: '#857c95',
    borderCasing: '#1a2129',
    maritime: '#3d5163',
    target: '#8fb8ee',
    country: '#b3adbf',
    place: '#c3ccd6',
    placeDot: '#7d8894',
    halo: '#1a2129',
    line: '#9cc5ff',
    lineCasing: '#0c1116',
    circle: '#9cc5ff',
    drawn: '#c3b0ff',
    inside: '#ffab8c',
    cluster: '#c9d6e4',
    clusterRing: '#1a2129',
    clusterText: '#141b22',
  },
} as const;

/** The colours of kinds of events. At least 3:1 against land and paper of either theme (WCAG 1.4.11). */
export const EVENT_COLORS = {
  light: {
    explosions_remote_violence: '#c03a0e',
    battles: '#97195f',
    violence_against_civilians: '#8a5300',
    strategic_developments: '#0b6e66',
    protests: '#0a639c',
    riots: '#5a3db0',
    disaster: '#3f640f',
    access_constraint: '#5b6472',
    other: '#475569',
  },
  dark: {
    explosions_remote_violence: '#ff8a54',
    battles: '#f47fb6',
    violence_against_civilians: '#e6b24a',
    strategic_developments: '#52cfc0',
    protests: '#66bff2',
    riots: '#b9a3f8',
    disaster: '#a6d362',
    access_constraint: '#aab4c2',
    other: '#9fb0c4',
  },
} as const;

/** The outlines of signs in a box of 24 by 24, as the `d` of an SVG path. */
export const SIGN_SHAPES = {
  explosions_remote_violence:
    'M12.0 1.2 14.4 6.1 19.6 4.4 17.9 9.6 22.8 12.0 17.9 14.4 19.6 19.6 14.4 17.9 12.0 22.8 9.6 17.9 4.4 19.6 6.1 14.4 1.2 12.0 6.1 9.6 4.4 4.4 9.6 6.1Z',
  battles: 'M12 2 22 12 12 22 2 12Z',
  violence_against_civilians: 'M12 2.5 22 20.5 2 20.5Z',
  strategic_developments: 'M7.5 3.5 16.5 3.5 21.5 12 16.5 20.5 7.5 20.5 2.5 12Z',
  protests: 'M12 3A9 9 0 1 1 12 21A9 9 0 1 1 12 3Z',
  riots: 'M4 4 20 4 20 20 4 20Z',
  disaster: 'M2 4 22 4 12 21.5Z',
  access_constraint: 'M9 3 15 3 15 9 21 9 21 15 15 15 15 21 9 21 9 15 3 15 3 9 9 9Z',
  other: 'M12 4.5A7.5 7.5 0 1 1 12 19.5A7.5 7.5 0 1 1 12 4.5Z',
} as const;

/** The paper around signs. */
export const SIGN_RIMS = {
  light: '#ffffff',
  dark: '#12181f',
} as const;

/** Widths and dashes in pixels of the page. */
export const LINES = {
  geodesic: 2.6,
  geodesicCasing: 6,
  precisionEdge: 1.2,
  precisionDash: [3, 2.5],
  maritime: 1,
  maritimeDash: [4, 3],
  coast: 0.6,
  signRim: 5.5,
  signLine: 2.2,
};

/** How much of its colour the circle that a place lies in has. */
export const PRECISION_SHARE = 0.09;
