# A plug-in of pytest for kafka-python's own tests: the topics of their fixtures get three replicas.


def pytest_configure():
    from test.integration import fixtures

    make = fixtures.KafkaFixture.instance.__func__

    def instance(cls, *args, **settings):
        settings.setdefault('replicas', 3)
        return make(cls, *args, **settings)

    fixtures.KafkaFixture.instance = classmethod(instance)
