/**
 * HTTP-date: IMF-fixdate, and the two obsolete forms that a recipient must accept (RFC 9110 §5.6.7). All three are in
 * GMT. `Date.parse` is not used: it takes a date without time zone as local time.
 */

/**
 * Milliseconds since the epoch; `undefined` if the text has none of the three forms or is not a calendar date.
 *
 * **Details**
 *
 * `now` decides the century of a two-digit year. NOT CHECKED: that the day of the week matches the date.
 */
export const parseHttpDate = (text: string, now: number): number | undefined => {
  const { groups } = forms.map((form) => form.exec(text)).find((match) => match !== null) ?? {}
  if (groups === undefined) return undefined
  const { day = "", hour = "", minute = "", month = "", second = "", year = "", yearOfCentury } = groups
  const toInstant = (fullYear: number) =>
    utc(fullYear, months.indexOf(month), Number(day), [Number(hour), Number(minute), Number(second)])
  return yearOfCentury === undefined ? toInstant(Number(year)) : inCentury(Number(yearOfCentury), now, toInstant)
}

const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

const dayName = "(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)"
const dayNameLong = "(?:Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday)"
const monthName = `(?<month>${months.join("|")})`
// 60 is a leap second.
const time = "(?<hour>[01]\\d|2[0-3]):(?<minute>[0-5]\\d):(?<second>[0-5]\\d|60)"

const forms = [
  `${dayName}, (?<day>\\d{2}) ${monthName} (?<year>\\d{4}) ${time} GMT`, // IMF-fixdate
  `${dayNameLong}, (?<day>\\d{2})-${monthName}-(?<yearOfCentury>\\d{2}) ${time} GMT`, // RFC 850
  `${dayName} ${monthName} (?<day>\\d{2}| \\d) ${time} (?<year>\\d{4})` // asctime of ANSI C
].map((form) => new RegExp(`^${form}$`))

type Instant = number | undefined

/** `undefined` for a day that `Date` would carry over into the next month. */
const utc = (year: number, month: number, day: number, [hour, minute, second]: [number, number, number]): Instant => {
  const date = new Date(0)
  date.setUTCFullYear(year, month, day) // `Date.UTC` maps the years 0 to 99 to 1900 to 1999
  return date.getUTCMonth() === month && date.getUTCDate() === day
    ? date.setUTCHours(hour, minute, second)
    : undefined
}

/** The latest year with these two digits that is at most 50 years in the future (RFC 9110 §5.6.7). */
const inCentury = (yearOfCentury: number, now: number, toInstant: (year: number) => Instant): Instant => {
  const today = new Date(now)
  const latest = new Date(now).setUTCFullYear(today.getUTCFullYear() + 50)
  const century = today.getUTCFullYear() - today.getUTCFullYear() % 100
  return [century + 100, century, century - 100]
    .map((start) => toInstant(start + yearOfCentury))
    .find((instant) => instant !== undefined && instant <= latest)
}
