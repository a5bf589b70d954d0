/** Places by their Russian names in the form after "в", and English ones that are not the city of a time zone. */
const PLACES: Readonly<Record<string, string>> = {
  москве: "Europe/Moscow",
  петербурге: "Europe/Moscow",
  "санкт-петербурге": "Europe/Moscow",
  киеве: "Europe/Kyiv",
  минске: "Europe/Minsk",
  екатеринбурге: "Asia/Yekaterinburg",
  новосибирске: "Asia/Novosibirsk",
  владивостоке: "Asia/Vladivostok",
  алматы: "Asia/Almaty",
  ташкенте: "Asia/Tashkent",
  тбилиси: "Asia/Tbilisi",
  ереване: "Asia/Yerevan",
  лондоне: "Europe/London",
  берлине: "Europe/Berlin",
  париже: "Europe/Paris",
  мадриде: "Europe/Madrid",
  риме: "Europe/Rome",
  варшаве: "Europe/Warsaw",
  стамбуле: "Europe/Istanbul",
  дубае: "Asia/Dubai",
  дели: "Asia/Kolkata",
  пекине: "Asia/Shanghai",
  шанхае: "Asia/Shanghai",
  токио: "Asia/Tokyo",
  сеуле: "Asia/Seoul",
  сингапуре: "Asia/Singapore",
  сиднее: "Australia/Sydney",
  "нью-йорке": "America/New_York",
  чикаго: "America/Chicago",
  "лос-анджелесе": "America/Los_Angeles",
  "сан-франциско": "America/Los_Angeles",
  beijing: "Asia/Shanghai",
  delhi: "Asia/Kolkata",
  "new delhi": "Asia/Kolkata",
  mumbai: "Asia/Kolkata",
  kyiv: "Europe/Kyiv",
  munich: "Europe/Berlin",
  "saint petersburg": "Europe/Moscow",
  "san francisco": "America/Los_Angeles",
  seattle: "America/Los_Angeles",
  washington: "America/New_York",
  boston: "America/New_York",
  utc: "UTC",
};

/** IANA time zone of a place: a zone's own name, its city, or one of the table. Undefined: not known. */
export function timeZoneOf(place: string): string | undefined {
  const wanted = place.trim().toLowerCase();
  const known = PLACES[wanted];
  if (known !== undefined) return known;
  const plain = wanted.replaceAll(" ", "_");
  return Intl.supportedValuesOf("timeZone").find((zone) => {
    const lower = zone.toLowerCase();
    return lower === plain || lower.slice(lower.lastIndexOf("/") + 1) === plain;
  });
}
