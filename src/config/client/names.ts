// Kafka's names of options, and ours: the same words, in camelCase.

/** `linger.ms` of `lingerMs`. */
export function kafkaName(option: string): string {
  return option.replace(/[A-Z]/g, (letter) => `.${letter.toLowerCase()}`)
}

/** `lingerMs` of `linger.ms`. */
export function optionName(name: string): string {
  return name.replace(/\.(.)/g, (_, letter: string) => letter.toUpperCase())
}
