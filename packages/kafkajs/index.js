// The facade as the root of a package: libraries that say `require('kafkajs')` get Odradek's client.

module.exports = require('odradek/kafkajs')
